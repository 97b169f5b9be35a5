import { type AssetId, type Clock, type Provider, ProviderError, type RateSource } from '@lastro/core/spec'
import { httpRates } from './http-rates.ts'

/** What `ptaxRates` needs to know. */
export interface PtaxOptions {
  /** Assets by the currency that the Banco Central lists them under: `{ 'USD/2': 'USD', 'EUR/2': 'EUR' }`. */
  readonly currencies: Readonly<Record<AssetId, string>>
  /** `sell` is what contracts call PTAX. Default: `sell`. */
  readonly side?: 'buy' | 'sell'
  /** Default: the service of the Banco Central. */
  readonly baseUrl?: string
  readonly clock: Clock
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
}

const ID = 'ptax'
const BRL: AssetId = 'BRL/2'
const BASE_URL = 'https://olinda.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata'
const SIDES = { buy: 'cotacaoCompra', sell: 'cotacaoVenda' } as const
/** A carnival and a weekend: the last bulletin is never further back than this. */
const DAYS_BACK = 10
const DAY_MS = 86_400_000

/** The service's way to write a day: MM-DD-YYYY, of Brasília. */
function day(at: number): string {
  const [year, month, date] = new Date(at - 3 * 3_600_000).toISOString().slice(0, 10).split('-')
  return `${month}-${date}-${year}`
}

/**
 * The closing rate (PTAX) of the Banco Central do Brasil, in reais. It is published on business days soon after 13:00 of
 * Brasília and is the newest until the next one, so give it an age of its own:
 * `createLastro({ rates: { sources: { ptax: { freshMs: 3_600_000, maxAgeMs: 5 * 86_400_000 } } } })`.
 *
 * Source: Olinda service `PTAX`, resource `CotacaoMoedaPeriodo`; its bulletins are named `Abertura`, `Intermediário` and
 * `Fechamento`, and times are those of Brasília (dadosabertos.bcb.gov.br, "taxas de câmbio, todos os boletins").
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function ptaxRates(options: PtaxOptions): Provider<{ readonly rates: RateSource }> {
  const { currencies, side = 'sell', baseUrl = BASE_URL, clock, fetch } = options
  for (const [asset, code] of Object.entries(currencies)) {
    if (!/^[A-Z]{3}$/.test(code))
      throw new ProviderError({
        provider: ID,
        kind: 'misconfigured',
        message: `options.currencies["${asset.slice(0, 70)}"] must be a code of three letters, such as USD.`,
      })
  }
  return httpRates({
    id: ID,
    clock,
    pairs: Object.fromEntries(Object.entries(currencies).map(([asset, code]) => [asset, { [BRL]: code }])),
    url: ({ symbol }) => {
      const now = clock.now().getTime()
      const query = [
        `@moeda='${symbol}'`,
        `@dataInicial='${day(now - DAYS_BACK * DAY_MS)}'`,
        `@dataFinalCotacao='${day(now)}'`,
        "$filter=startswith(tipoBoletim,'Fechamento')",
        '$orderby=dataHoraCotacao%20desc',
        '$top=1',
        '$format=json',
      ]
      const resource =
        'CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)'
      return `${baseUrl}/${resource}?${query.join('&')}`
    },
    path: ['value', '0', SIDES[side]],
    observedAtPath: ['value', '0', 'dataHoraCotacao'],
    observedAtFormat: 'brasilia',
    ...(fetch === undefined ? {} : { fetch }),
  })
}
