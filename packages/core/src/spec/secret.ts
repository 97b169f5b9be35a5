const HIDDEN = '[secret]'
const values = new WeakMap<Secret, string>()

/** A text that never prints itself: logs, JSON, templates and inspection all show `[secret]`. */
export interface Secret {
  toString(): string
  toJSON(): string
}

/** Wraps a text so that it never prints itself. A value that is a secret already is given back. */
export function secret(value: string | Secret): Secret {
  if (typeof value !== 'string') return value
  const shown = {
    toString: () => HIDDEN,
    toJSON: () => HIDDEN,
    [Symbol.toPrimitive]: () => HIDDEN,
    [Symbol.for('nodejs.util.inspect.custom')]: () => HIDDEN,
  }
  const wrapped: Secret = Object.freeze(shown)
  values.set(wrapped, value)
  return wrapped
}

/**
 * The text inside. Call it at the last moment, and let the result touch nothing but the call that needs it.
 * @throws TypeError when the value was not made by `secret`.
 */
export function reveal(wrapped: Secret): string {
  const value = values.get(wrapped)
  if (value === undefined) throw new TypeError('Not a secret made by secret().')
  return value
}
