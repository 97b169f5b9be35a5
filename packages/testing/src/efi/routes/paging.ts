/** The paging that all lists of Efí share. */
import type { Violation } from '../answers.ts'

/** A checked range of time and a page of it. */
export interface Range {
  readonly from: Date
  readonly to: Date
  readonly inicio: string
  readonly fim: string
  /** Counts from 0. */
  readonly page: number
  /** 1 to 1000. */
  readonly size: number
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** The range a list asks for, or the rule it breaks. */
export function readRange(query: URLSearchParams): Range | Violation {
  const inicio = query.get('inicio') ?? ''
  const fim = query.get('fim') ?? ''
  const [from, to] = [new Date(inicio), new Date(fim)]
  for (const [name, text, date] of [
    ['inicio', inicio, from],
    ['fim', fim, to],
  ] as const) {
    const isInstant = INSTANT.test(text) && !Number.isNaN(date.getTime())
    if (!isInstant)
      return violation(name, { razao: 'O parâmetro deve ser uma data no formato RFC 3339.', valor: text })
  }
  if (to < from)
    return violation('fim', {
      razao: 'Campo de data fim deve ser maior ou igual ao campo de data inicio',
      valor: fim,
    })
  const page = readWhole(query.get('paginacao.paginaAtual') ?? '0')
  if (page === null)
    return violation('paginacao.paginaAtual', { razao: 'O parâmetro deve ser um número inteiro.' })
  const size = readWhole(query.get('paginacao.itensPorPagina') ?? '100')
  if (size === null || size < 1 || size > 1000) {
    return violation('paginacao.itensPorPagina', {
      razao: 'O parâmetro deve ser um número inteiro entre 1 e 1000.',
    })
  }
  return { from, to, inicio, fim, page, size }
}

/** True for a broken rule. */
export function isProblem(range: Range | Violation): range is Violation {
  return 'razao' in range
}

/** One page, with the block that describes it. */
export function slice<T>(
  all: readonly T[],
  { inicio, fim, page, size }: Range,
): { parametros: object; items: T[] } {
  const paginacao = {
    paginaAtual: page,
    itensPorPagina: size,
    quantidadeDePaginas: Math.max(1, Math.ceil(all.length / size)),
    quantidadeTotalDeItens: all.length,
  }
  return { parametros: { inicio, fim, paginacao }, items: all.slice(page * size, (page + 1) * size) }
}

function violation(propriedade: string, rest: { razao: string; valor?: string }): Violation {
  return { propriedade, ...rest }
}

function readWhole(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : null
}
