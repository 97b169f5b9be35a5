const NUMBER = /^(0|[1-9]\d{0,39})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,2}))?$/

/**
 * A plain decimal text for the text of a JSON number, exactly: `5.10` becomes `5.1`, `2.5e-3` becomes `0.0025`. Null for
 * everything else, negative numbers included. No float is made on the way.
 */
export function plainDecimal(text: string): string | null {
  const match = NUMBER.exec(text)
  if (match === null) return null
  const [, whole = '', fraction = '', exponent = '0'] = match
  const shift = Number.parseInt(exponent, 10)
  const digits = whole + fraction
  const point = whole.length + shift
  const padded = point > digits.length ? digits.padEnd(point, '0') : digits
  const left = point <= 0 ? '0' : padded.slice(0, point)
  const right = point <= 0 ? '0'.repeat(-point) + padded : padded.slice(point)
  const integer = left.replace(/^0+(?=\d)/, '')
  const places = right.replace(/0+$/, '')
  return places === '' ? integer : `${integer}.${places}`
}
