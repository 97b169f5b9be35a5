/** The steps of a path: `data.0.price`, or a list of steps where a key itself has a dot. */
export function stepsOf(path: string | readonly string[]): readonly string[] {
  return typeof path === 'string' ? path.split('.') : path
}

/** The value at the end of the path, or undefined where there is none. Inherited members are not seen. */
export function valueAt(json: unknown, steps: readonly string[]): unknown {
  let value = json
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step)
  }
  return value
}
