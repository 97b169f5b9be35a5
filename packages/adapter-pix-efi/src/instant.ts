/** RFC 3339 with a zone; anything else is no time that can be stated. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** The time in a text, or undefined when it states none. */
export function instantOf(value: unknown): Date | undefined {
  const ms = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

/** When a refund moved: it is settled, or at least asked for. A refund that we received has one plain time. */
export function timeOfRefund(horario: unknown): Date | undefined {
  if (typeof horario !== 'object' || horario === null) return instantOf(horario)
  return instantOf(Reflect.get(horario, 'liquidacao')) ?? instantOf(Reflect.get(horario, 'solicitacao'))
}
