import { expect, it, vi } from 'vitest'
import { buildBrCode, parseBrCode, qrSvg } from './index.ts'

vi.mock('qr', () => {
  throw new Error('the QR library was loaded')
})

it('only drawing loads the QR library', async () => {
  const text = buildBrCode({
    kind: 'static',
    key: '52998224725',
    merchantName: 'Maria',
    merchantCity: 'Recife',
  })
  expect(parseBrCode(text).ok).toBe(true)
  await expect(qrSvg(text)).rejects.toThrow()
})
