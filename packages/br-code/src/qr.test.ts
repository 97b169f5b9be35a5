import { crc32, inflateSync } from 'node:zlib'
import decodeQR from 'qr/decode.js'
import { describe, expect, it } from 'vitest'
import vectors from '../test/vectors/br-code.json' with { type: 'json' }
import { type QrOptions, qrPng, qrSvg } from './index.ts'

const TEXT = vectors.validPayloads[0]?.payload ?? ''
const LONGEST = '0'.repeat(512)

interface Picture {
  readonly width: number
  readonly height: number
  isBlack(x: number, y: number): boolean
}

/** Reads the picture as a phone would. */
function scan({ width, height, isBlack }: Picture): string {
  const data = new Uint8Array(width * height * 4)
  for (let at = 0; at < width * height; at += 1) {
    const level = isBlack(at % width, Math.floor(at / width)) ? 0 : 255
    data.set([level, level, level, 255], at * 4)
  }
  return decodeQR({ width, height, data })
}

/** The pixels of a PNG of one bit a pixel, with the CRC of each chunk checked. */
function readPng(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const types: string[] = []
  let rows = Buffer.alloc(0)
  for (let at = 8; at < bytes.length; ) {
    const length = view.getUint32(at)
    const body = bytes.subarray(at + 4, at + 8 + length)
    const type = new TextDecoder('latin1').decode(body.subarray(0, 4))
    expect(view.getUint32(at + 8 + length)).toBe(crc32(body))
    if (type === 'IDAT') rows = inflateSync(body.subarray(4))
    types.push(type)
    at += 12 + length
  }
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10])
  expect(types).toEqual(['IHDR', 'IDAT', 'IEND'])
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  expect([...bytes.subarray(24, 29)]).toEqual([1, 0, 0, 0, 0])
  const rowBytes = Math.ceil(width / 8) + 1
  expect(rows).toHaveLength(rowBytes * height)
  const isBlack = (x: number, y: number) =>
    (((rows[y * rowBytes + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 0
  return { width, height, isBlack }
}

/** The picture of our own SVG, four pixels a square. */
function readSvg(svg: string): Picture {
  const [, from = '', side = ''] = /viewBox="(-?\d+) -?\d+ (\d+) \d+"/.exec(svg) ?? []
  const black = new Set<string>()
  for (const [, x = '', y = '', run = ''] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let step = 0; step < Number(run); step += 1) black.add(`${Number(x) + step} ${y}`)
  }
  const size = Number(side) * 4
  const place = (pixel: number) => Math.floor(pixel / 4) + Number(from)
  return { width: size, height: size, isBlack: (x, y) => black.has(`${place(x)} ${place(y)}`) }
}

const OPTIONS: QrOptions[] = [
  {},
  { errorCorrection: 'low' },
  { errorCorrection: 'quartile', sizePx: 333 },
  { errorCorrection: 'high', marginModules: 8, sizePx: 1_001 },
]

describe('qrPng', () => {
  it.each(OPTIONS)('is read back, and has the size asked for: %j', async (options) => {
    const picture = readPng(await qrPng(TEXT, options))
    expect(scan(picture)).toBe(TEXT)
    expect([picture.width, picture.height]).toEqual([options.sizePx ?? 512, options.sizePx ?? 512])
  })

  it('holds the longest payload at the highest level', async () => {
    expect(scan(readPng(await qrPng(LONGEST, { errorCorrection: 'high' })))).toBe(LONGEST)
  })

  it('has a white margin of four squares at least, the same on each side', async () => {
    const { width, height, isBlack } = readPng(await qrPng(TEXT))
    const black: [number, number][] = []
    for (let at = 0; at < width * height; at += 1) {
      const [x, y] = [at % width, Math.floor(at / width)]
      if (isBlack(x, y)) black.push([x, y])
    }
    const left = Math.min(...black.map(([x]) => x))
    const top = Math.min(...black.map(([, y]) => y))
    const right = width - 1 - Math.max(...black.map(([x]) => x))
    // The seven squares of a corner's mark are a black run in its first row.
    const run = black.filter(([x, y]) => y === top && x < width / 4).length
    expect(top).toBe(left)
    expect(Math.abs(right - left)).toBeLessThanOrEqual(1)
    expect(left).toBeGreaterThanOrEqual((run / 7) * 4)
  })

  it('refuses less than a pixel for a square', async () => {
    await expect(qrPng(LONGEST, { sizePx: 32 })).rejects.toThrow(
      /^sizePx: must be at least \d+ for this text/,
    )
  })
})

describe('qrSvg', () => {
  it.each(OPTIONS)('is read back: %j', async (options) => {
    const svg = await qrSvg(TEXT, options)
    expect(scan(readSvg(svg))).toBe(TEXT)
    const size = options.sizePx ?? 512
    expect(svg).toContain(`width="${size}" height="${size}"`)
  })

  it('never has the text as markup', async () => {
    const svg = await qrSvg('"/><script>alert(1)</script>')
    expect(svg).toMatch(/^<svg [a-z0-9:/."= A-Z-]+><path [^<>]+\/><path [^<>]+\/><\/svg>$/)
  })
})

describe('both refuse', () => {
  it.each<[string, string, object]>([
    ['text', '', {}],
    ['text', 'é'.repeat(501), {}],
    ['errorCorrection', TEXT, { errorCorrection: 'M' }],
    ['sizePx', TEXT, { sizePx: 31 }],
    ['sizePx', TEXT, { sizePx: 4_097 }],
    ['sizePx', TEXT, { sizePx: 99.5 }],
    ['marginModules', TEXT, { marginModules: -1 }],
    ['toString', TEXT, { toString: 1 }],
  ])('%s', async (field, text, options) => {
    for (const draw of [qrSvg, qrPng])
      await expect(draw(text, options)).rejects.toThrow(new RegExp(`^${field}: (must|is) `))
  })
})
