const SYMBOL = 15
const HEAD = 8
const MAX_SYMBOL = 32
const SYMBOL_TEXT = /^[A-Za-z0-9_]{1,32}$/

/** True for what a contract can use as a name: 1 to 32 of A-Z, a-z, 0-9 and underscore. */
export function isSymbol(text: string): boolean {
  return SYMBOL_TEXT.test(text)
}

/** A symbol as base64 of its XDR: the type in 4 bytes, the length in 4, the text padded with zeros to whole fours. */
export function symbolToScVal(symbol: string): string {
  const bytes = Buffer.alloc(HEAD + Math.ceil(symbol.length / 4) * 4)
  bytes.writeUInt32BE(SYMBOL, 0)
  bytes.writeUInt32BE(symbol.length, 4)
  bytes.write(symbol, HEAD, 'latin1')
  return bytes.toString('base64')
}

/** The symbol in a base64 ScVal; null where it is another kind of value. */
export function symbolOfScVal(base64: string): string | null {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length < HEAD || bytes.readUInt32BE(0) !== SYMBOL) return null
  const length = bytes.readUInt32BE(4)
  if (length > MAX_SYMBOL || bytes.length < HEAD + length) return null
  const text = bytes.toString('latin1', HEAD, HEAD + length)
  return isSymbol(text) ? text : null
}
