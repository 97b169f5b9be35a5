import { z } from 'zod'
import type { Clock } from '../../spec/index.ts'
import { parseInput } from '../input.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import type { DeliveryStore, RefusalCount } from './delivery.ts'

/** One event type of one provider. `received`, `applied`, `superseded` and `unrecognised` are of the window. */
export interface TopicMetrics {
  readonly provider: string
  readonly topic: string
  readonly received: number
  readonly perMinute: number
  /** Of those received in the window, how many are applied by now. */
  readonly applied: number
  readonly superseded: number
  /** Of a type that the adapter did not list. */
  readonly unrecognised: number
  /** Waiting to be applied now, and how old the oldest of them is; 0 where none waits. */
  readonly depth: number
  readonly oldestAgeMs: number
  /** Dead now. */
  readonly dead: number
}

/** How the inbox stands. Plain JSON. */
export interface WebhookMetrics {
  readonly at: string
  readonly windowMinutes: number
  /** True where there was more than is counted: 50,000 deliveries of the window, or as many unsettled ones. */
  readonly isPartial: boolean
  readonly topics: readonly TopicMetrics[]
  /** Refused in the window. `topic` is empty where the type was not known yet; provider `?`: no provider of ours. */
  readonly rejected: readonly Omit<RefusalCount, 'minute'>[]
}

const LIMIT = 50_000
const MINUTE_MS = 60_000
const querySchema = z.strictObject({
  windowMinutes: z.int().min(1, 'must be at least 1').max(1_440, 'must be at most 1440').optional(),
})

/** Reads how the inbox stands, from the database: the same in every process. */
export async function readMetrics(
  deps: { readonly storage: UnitOfWork<{ readonly deliveries: DeliveryStore }>; readonly clock: Clock },
  query: { readonly windowMinutes?: number } = {},
): Promise<WebhookMetrics> {
  const { windowMinutes = 60 } = parseInput(querySchema, query)
  const now = deps.clock.now()
  const since = new Date(now.getTime() - windowMinutes * MINUTE_MS)
  const counts = await deps.storage.read((tx) => tx.deliveries.counts({ since, limit: LIMIT }))
  return {
    at: now.toISOString(),
    windowMinutes,
    isPartial: counts.isPartial,
    topics: counts.topics.map(({ oldestAt, ...topic }) => ({
      ...topic,
      perMinute: Math.round((topic.received / windowMinutes) * 1_000) / 1_000,
      oldestAgeMs: oldestAt === null ? 0 : Math.max(0, now.getTime() - oldestAt.getTime()),
    })),
    rejected: counts.refusals,
  }
}

/** Prometheus' names, and what each is. All are gauges: those of the window may fall. */
const GAUGES = {
  received: 'Deliveries stored within the window.',
  applied: 'Of those, applied by now.',
  superseded: 'Of those, overtaken by later news.',
  unrecognised: 'Of those, of a type that the adapter does not list.',
  depth: 'Deliveries that wait to be applied.',
  oldestAgeMs: 'Age of the oldest that waits, in milliseconds.',
  dead: 'Dead deliveries.',
} as const satisfies Partial<Record<keyof TopicMetrics, string>>

/** The same in Prometheus' text format. */
export function webhookMetricsText({ topics, rejected }: WebhookMetrics): string {
  const block = (name: string, { help, lines }: { help: string; lines: readonly string[] }) =>
    lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines]
  const named = (name: string) =>
    `lastro_webhooks_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
  const gauges = Object.entries(GAUGES).flatMap(([field, help]) => {
    const name = named(field)
    const lines = topics.map(
      (topic) => `${name}${labels(topic, ['provider', 'topic'])} ${topic[field as keyof typeof GAUGES]}`,
    )
    return block(name, { help, lines })
  })
  const refused = rejected.map(
    (each) => `${named('rejected')}${labels(each, ['provider', 'topic', 'reason'])} ${each.count}`,
  )
  const help = 'Deliveries refused within the window.'
  return `${[...gauges, ...block(named('rejected'), { help, lines: refused })].join('\n')}\n`
}

function labels<T extends object>(of: T, names: readonly (keyof T & string)[]): string {
  const escaped = (value: unknown) =>
    String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `{${names.map((name) => `${name}="${escaped(of[name])}"`).join(',')}}`
}
