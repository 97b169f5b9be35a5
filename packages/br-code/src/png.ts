const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** CRC-32 as PNG and zip use it: polynomial 0xEDB88320, reflected. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xedb88320
  }
  return ~crc >>> 0
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = join([new TextEncoder().encode(type), data])
  return join([uint32(data.length), body, uint32(crc32(body))])
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/**
 * A square PNG with one bit for each pixel, black where `isBlack` says so (PNG Specification, third edition). Uses
 * only what both Node and browsers have.
 */
export async function writePng(
  sizePx: number,
  isBlack: (pixel: { readonly x: number; readonly y: number }) => boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const rowBytes = Math.ceil(sizePx / 8)
  // Each row begins with its filter, 0: none. A bit that is set is white.
  const rows = new Uint8Array(sizePx * (rowBytes + 1))
  for (let y = 0; y < sizePx; y += 1) {
    for (let x = 0; x < sizePx; x += 1) {
      const at = y * (rowBytes + 1) + 1 + (x >> 3)
      if (!isBlack({ x, y })) rows[at] = (rows[at] ?? 0) | (0x80 >> (x & 7))
    }
  }
  // Width, height, 1 bit, greyscale, and the only methods there are.
  const header = join([uint32(sizePx), uint32(sizePx), Uint8Array.of(1, 0, 0, 0, 0)])
  return join([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', await deflate(rows)),
    chunk('IEND', new Uint8Array(0)),
  ])
}
