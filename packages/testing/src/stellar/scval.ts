const SYMBOL = 15
const I128 = 10

/** A symbol as base64 XDR. */
export function scSymbol(text: string): string {
  const bytes = Buffer.alloc(8 + Math.ceil(text.length / 4) * 4)
  bytes.writeUInt32BE(SYMBOL, 0)
  bytes.writeUInt32BE(text.length, 4)
  bytes.write(text, 8, 'latin1')
  return bytes.toString('base64')
}

/** An i128 as base64 XDR. */
export function scI128(value: bigint): string {
  const bytes = Buffer.alloc(20)
  bytes.writeUInt32BE(I128, 0)
  bytes.writeBigInt64BE(value >> 64n, 4)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 12)
  return bytes.toString('base64')
}
