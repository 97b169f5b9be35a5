/** Markup in which every text is escaped, and how amounts and times are written. */
import { Money, type MoneyJson } from '@lastro/core'

/** Text that is markup already. */
export interface Markup {
  readonly markup: string
}

/** What may stand in `html`. Null is nothing. */
export type Part = string | number | Markup | null | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const render = (part: Part): string => {
  if (part === null) return ''
  if (Array.isArray(part)) return part.map(render).join('')
  if (typeof part === 'object') return (part as Markup).markup
  return String(part).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')
}

/** A piece of a page. */
export const html = (pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: pieces.map((piece, at) => (at === 0 ? piece : render(parts[at - 1] ?? null) + piece)).join(''),
})

/** Markup from a library that escapes. */
export const trusted = (markup: string): Markup => ({ markup })

const REAIS = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' })
const TIME = new Intl.DateTimeFormat('pt-BR', {
  dateStyle: 'short',
  timeStyle: 'short',
  timeZone: 'America/Sao_Paulo',
})

/** Such as `R$ 32,90`. Exact: the formatter is given a text, and never a float. */
export const reais = (money: Money | MoneyJson): string => {
  const { fromJson, format } = Money
  return REAIS.format(
    format(typeof money.amount === 'string' ? fromJson(money as MoneyJson) : (money as Money)) as `${number}`,
  )
}

/** A moment, in São Paulo's time. */
export const time = (at: Date): Markup => html`<time datetime="${at.toISOString()}">${TIME.format(at)}</time>`
