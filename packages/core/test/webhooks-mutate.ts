/** Random changes to deliveries: what proxies break, and what forgers try. */
import type { RawDelivery } from '@lastro/core/spec'
import type { OpenSource } from './webhooks-sources.ts'

type Random = () => number
type Mutation = (delivery: RawDelivery, random: Random) => RawDelivery

const upTo = (random: Random, end: number) => Math.floor(random() * end)
const one = <T>(things: readonly T[], random: Random): T | undefined => things[upTo(random, things.length)]
const STRANGE = [
  '',
  ' ',
  '\0',
  '\ud800',
  'é',
  '%00',
  '%2e',
  '{}',
  '[]',
  'null',
  '=',
  '&',
  ',',
  '0'.repeat(64),
  'x'.repeat(5_000),
]

function changedText(text: string, random: Random): string {
  const at = upTo(random, text.length + 1)
  const strange = one(STRANGE, random) ?? ''
  const ways = [
    () => text.slice(0, at) + String.fromCharCode(32 + upTo(random, 95)) + text.slice(at + 1),
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at),
    () => text.slice(at),
    () => text.slice(0, at) + strange + text.slice(at),
    () => text + text,
    () => text.toUpperCase(),
    () => encodeURIComponent(text.toWellFormed()),
    () => strange,
  ]
  return one(ways, random)?.() ?? ''
}

function changedBytes(body: Uint8Array, random: Random): Uint8Array {
  const at = upTo(random, body.length)
  const end = at + upTo(random, body.length - at + 1)
  const noise = Uint8Array.from({ length: 1 + upTo(random, 16) }, () => upTo(random, 256))
  const ways = [
    () => body.map((byte, index) => (index === at ? byte ^ (1 << upTo(random, 8)) : byte)),
    () => body.slice(0, at),
    () => Uint8Array.from([...body.slice(0, at), ...body.slice(end)]),
    () => Uint8Array.from([...body.slice(0, at), ...noise, ...body.slice(at)]),
    () => Uint8Array.from([...body, ...body]),
    () => Uint8Array.from([...body, 0x20]),
    () => Uint8Array.from([0xef, 0xbb, 0xbf, ...body]),
    () => new TextEncoder().encode(changedText(new TextDecoder().decode(body), random)),
    () => noise,
    () => new Uint8Array(),
  ]
  return one(ways, random)?.() ?? body
}

function changedHeaders(headers: RawDelivery['headers'], random: Random): RawDelivery['headers'] {
  const names = Object.keys(headers)
  const name = one(names, random) ?? 'x'
  const { [name]: value = '', ...others } = headers
  const other = one(names, random) ?? 'x'
  const ways = [
    () => others,
    () => ({ ...headers, [name]: changedText(value, random) }),
    () => ({ ...headers, [name]: `${value}, ${changedText(value, random)}` }),
    () => ({ ...headers, [name]: headers[other] ?? '', [other]: value }),
    () => ({ ...others, [`${name}-`]: value }),
    () => ({}),
  ]
  return one(ways, random)?.() ?? {}
}

const MUTATIONS: readonly Mutation[] = [
  (delivery, random) => ({ ...delivery, body: changedBytes(delivery.body, random) }),
  (delivery, random) => ({ ...delivery, headers: changedHeaders(delivery.headers, random) }),
  (delivery, random) => ({ ...delivery, url: changedText(delivery.url, random) }),
  (delivery, random) => ({ ...delivery, url: delivery.url.split('?')[0] + (one(STRANGE, random) ?? '') }),
  ({ peer: _peer, ...delivery }) => delivery,
  (delivery, random) => ({
    ...delivery,
    peer: {
      address: changedText(delivery.peer?.address ?? '', random),
      certificateVerified: random() < 0.5,
      certificateSubject: changedText(delivery.peer?.certificateSubject ?? '', random),
    },
  }),
  (delivery, random) => ({ ...delivery, method: one(['GET', 'PUT', '', 'post'], random) ?? '' }),
]

/** What was found. Texts of at most ten of each kind. */
export interface Findings {
  /** Mutated deliveries that had lost their proof: all of these must be refused. */
  readonly forged: number
  readonly accepted: readonly string[]
  readonly thrown: readonly string[]
}

/** Mutates so many deliveries of a source, one to three times each, and shows each to it. */
export async function fuzz(
  { source, genuine, isForged }: OpenSource,
  run: { readonly count: number; readonly random: Random },
): Promise<Findings> {
  const { count, random } = run
  const accepted: string[] = []
  const thrown: string[] = []
  let forged = 0
  const topics = source.eventTypes.map(({ type }) => type)
  for (let index = 0; index < count; index += 1) {
    const original = one(genuine, random)
    if (original === undefined) throw new Error('no genuine delivery')
    let delivery = original
    for (let left = 1 + upTo(random, 3); left > 0; left -= 1)
      delivery = one(MUTATIONS, random)?.(delivery, random) ?? delivery
    const isLost = isForged(delivery, original)
    if (isLost) forged += 1
    try {
      const verdict = await source.verify(delivery)
      if (isLost && verdict.kind === 'authentic' && accepted.length < 10) accepted.push(shown(delivery))
      source.translate({ body: delivery.body, topic: one(topics, random) ?? '', subject: null })
    } catch (error) {
      if (thrown.length < 10) thrown.push(`${String(error)} for ${shown(delivery)}`)
    }
  }
  return { forged, accepted, thrown }
}

function shown({ body, receivedAt: _at, ...rest }: RawDelivery): string {
  return JSON.stringify({ ...rest, body: Buffer.from(body).toString('latin1').slice(0, 400) })
}
