export { type FixedRatesOptions, fixedRates } from './fixed-rates.ts'
export { httpRates } from './http-rates.ts'
export type { HttpRatesOptions, RateAsk } from './options.ts'
