import { writePng } from './png.ts'

/** How a QR code is drawn. */
export interface QrOptions {
  /** How much may be dirty or covered: about 7, 15, 25 or 30 %. Default: `medium`. More makes smaller squares. */
  readonly errorCorrection?: 'low' | 'medium' | 'quartile' | 'high'
  /** Width and height of the picture, 32 to 4,096. Default: 512. */
  readonly sizePx?: number
  /** White squares around it, 0 to 32. Default: 4, what readers are promised (ISO/IEC 18004). */
  readonly marginModules?: number
}

type Settings = Required<QrOptions>

const DEFAULTS: Settings = { errorCorrection: 'medium', sizePx: 512, marginModules: 4 }
const LEVELS: readonly string[] = ['low', 'medium', 'quartile', 'high']
/** Fits the largest QR code at every level. */
const MAX_BYTES = 1_000

const refusal = (field: string, rule: string): RangeError => new RangeError(`${field}: ${rule}`)

function settingsOf(options: QrOptions): Settings {
  const surplus = Object.keys(options).find((name) => !Object.hasOwn(DEFAULTS, name))
  if (surplus !== undefined)
    throw refusal(surplus.slice(0, 40), `is none of ${Object.keys(DEFAULTS).join(', ')}`)
  const settings = { ...DEFAULTS, ...options }
  const { errorCorrection, sizePx, marginModules } = settings
  if (!LEVELS.includes(errorCorrection))
    throw refusal('errorCorrection', `must be one of ${LEVELS.join(', ')}`)
  if (!Number.isInteger(sizePx) || sizePx < 32 || sizePx > 4_096)
    throw refusal('sizePx', 'must be a whole number from 32 to 4,096')
  if (!Number.isInteger(marginModules) || marginModules < 0 || marginModules > 32)
    throw refusal('marginModules', 'must be a whole number from 0 to 32')
  return settings
}

/** The squares, row by row, true where black. The library is loaded here, by the first picture. */
async function squaresOf(text: string, { errorCorrection }: Settings): Promise<boolean[][]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text).length : 0
  if (bytes < 1 || bytes > MAX_BYTES)
    throw refusal('text', `must be a text of 1 to ${MAX_BYTES} bytes in UTF-8`)
  const { encodeQR } = await import('qr')
  // The least border it draws is one square, which is taken off again.
  const bordered = encodeQR(text, 'raw', { ecc: errorCorrection, border: 1 })
  return bordered.slice(1, -1).map((row) => row.slice(1, -1))
}

/** One sub-path for each run of black squares in a row. */
function pathOf(squares: readonly (readonly boolean[])[]): string {
  const runs = squares.flatMap((row, y) => {
    const line = row.map((isBlack) => (isBlack ? '1' : '0')).join('')
    return [...line.matchAll(/1+/g)].map(
      ({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`,
    )
  })
  return runs.join('')
}

/**
 * A QR code of the text as a whole SVG document, black on white. Nothing of the text stands in it as markup, so it may
 * be put into a page.
 * @throws RangeError `field: rule` for a text that is empty or too long, or an option out of range.
 *
 * @example
 * await qrSvg('00020126580014br.gov.bcb.pix0136…', { errorCorrection: 'quartile', sizePx: 320 })
 */
export async function qrSvg(text: string, options: QrOptions = {}): Promise<string> {
  const settings = settingsOf(options)
  const squares = await squaresOf(text, settings)
  const { sizePx, marginModules: margin } = settings
  const side = squares.length + 2 * margin
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sizePx}" height="${sizePx}"`,
    ` viewBox="${-margin} ${-margin} ${side} ${side}" shape-rendering="crispEdges">`,
    `<path fill="#fff" d="M${-margin} ${-margin}h${side}v${side}h-${side}z"/>`,
    `<path d="${pathOf(squares)}"/></svg>`,
  ].join('')
}

/**
 * A QR code of the text as the bytes of a PNG, black on white, `sizePx` on each side. Every square is the same whole
 * number of pixels, and what is left over widens the margin.
 * @throws RangeError `field: rule` as `qrSvg`, and when `sizePx` has less than one pixel for each square.
 *
 * @example
 * await qrPng('00020126580014br.gov.bcb.pix0136…', { sizePx: 600 })
 */
export async function qrPng(text: string, options: QrOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const settings = settingsOf(options)
  const squares = await squaresOf(text, settings)
  const { sizePx, marginModules } = settings
  const side = squares.length + 2 * marginModules
  const scale = Math.floor(sizePx / side)
  if (scale < 1) throw refusal('sizePx', `must be at least ${side} for this text and margin`)
  const start = Math.floor((sizePx - squares.length * scale) / 2)
  const indexOf = (pixel: number) => Math.floor((pixel - start) / scale)
  return writePng(sizePx, ({ x, y }) => squares[indexOf(y)]?.[indexOf(x)] ?? false)
}
