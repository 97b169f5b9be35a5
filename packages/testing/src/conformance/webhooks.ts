import { isDeepStrictEqual } from 'node:util'
import type { RawDelivery, StoredDelivery, Verdict, WebhookSource } from '@lastro/core/spec'
import { type Case, check, shown, type World } from './case.ts'

/** A delivery that does not come from the provider, and what is wrong with it. */
export interface Forgery {
  readonly what: string
  readonly delivery: RawDelivery
}

/** Drives the provider's side of webhooks, so that a case can make true and forged deliveries. */
export interface WebhookWorld extends World {
  readonly source: WebhookSource
  /**
   * By what the provider proves itself: a signature over the bytes of the `body`; only who the `sender` is (a secret
   * in the address, a client certificate); or nothing, and then every delivery is `unproven`.
   */
  readonly proof: 'body' | 'sender' | 'none'
  /**
   * The provider's own name of the news in these bytes, where it names each piece of news and signs no body: then the
   * delivery id follows the name, whatever the other bytes. Null where they hold none.
   */
  readonly nameOf?: (body: Uint8Array) => string | null
  /** The bytes of a piece of news as the provider writes them. Each call is other news. */
  news(): Promise<Uint8Array> | Uint8Array
  /**
   * These bytes as the provider would deliver them, with its true proof over whatever they are. Called again with the
   * same bytes it delivers the same news again, later: with a new time and new headers, where the provider does that.
   */
  deliver(body: Uint8Array): Promise<RawDelivery> | RawDelivery
  /** These bytes with every kind of wrong and missing proof that the provider's scheme knows. None for proof `none`. */
  forge(body: Uint8Array): Promise<readonly Forgery[]> | readonly Forgery[]
  /** Bytes that are not the provider's form: cut in half, of another format … An empty body is always tried. */
  readonly malformed: readonly Uint8Array[]
}

/** Tells a delivery id from a verdict. */
function idOf(what: string, verdict: Verdict): string {
  check(verdict.kind !== 'rejected', `${what}: rejected, ${shown(verdict)}.`)
  return verdict.deliveryId
}

/** Up to 64 places in the body, spread evenly, the first and the last among them. */
function places(length: number): readonly number[] {
  const count = Math.min(length, 64)
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.floor((index * (length - 1)) / (count - 1)),
  )
}

/** The body with one byte changed, at many places, and with a byte more at its end. */
function changed(body: Uint8Array): readonly Uint8Array[] {
  const flipped = places(body.length).map((place) => body.map((byte, at) => (at === place ? byte ^ 1 : byte)))
  // A space changes nothing for whoever parses and writes the body again before checking it.
  return [...flipped, Uint8Array.from([...body, 0x20])]
}

const authentic: Case<WebhookWorld> = {
  id: 'webhook/authentic_accepted',
  rule: 'a delivery made by the provider is authentic.',
  async run(world) {
    const wanted = world.proof === 'none' ? 'unproven' : 'authentic'
    for (let count = 0; count < 3; count++) {
      const verdict = await world.source.verify(await world.deliver(await world.news()))
      check(verdict.kind === wanted, `Expected \`${wanted}\`, got ${shown(verdict)}.`)
    }
  },
}

const forged: Case<WebhookWorld> = {
  id: 'webhook/forged_rejected',
  rule: 'a delivery with a wrong or missing proof is rejected.',
  async run(world) {
    const body = await world.news()
    const forgeries = await world.forge(body)
    const isEnough = world.proof === 'none' ? forgeries.length === 0 : forgeries.length >= 2
    check(
      isEnough,
      `The world makes ${forgeries.length} forgeries: a wrong and a missing proof are the least.`,
    )
    for (const { what, delivery } of forgeries) {
      const verdict = await world.source.verify(delivery)
      check(verdict.kind === 'rejected', `${what}: expected \`rejected\`, got ${shown(verdict)}.`)
    }
  },
}

const readsBytes: Case<WebhookWorld> = {
  id: 'webhook/verify_reads_bytes',
  rule: 'one changed byte of a signed body is rejected, where the provider signs bodies.',
  async run(world) {
    const body = await world.news()
    const delivery = await world.deliver(body)
    const id = idOf('As delivered', await world.source.verify(delivery))
    for (const other of changed(body)) {
      const verdict = await world.source.verify({ ...delivery, body: other })
      const name = world.nameOf?.(other) ?? null
      const isSameNews = name !== null && name === world.nameOf?.(body)
      // Without a signature over the bytes they may pass, but never as the same delivery, unless the name is the same.
      const isTold =
        verdict.kind === 'rejected' || (world.proof !== 'body' && (verdict.deliveryId === id) === isSameNews)
      check(
        isTold,
        `A changed body was taken: ${shown(verdict)} for ${shown(new TextDecoder().decode(other))}.`,
      )
    }
  },
}

const sameId: Case<WebhookWorld> = {
  id: 'webhook/duplicate_same_id',
  rule: 'the same delivery twice has the same delivery id; another body has another.',
  async run(world) {
    const body = await world.news()
    const delivery = await world.deliver(body)
    const first = idOf('First', await world.source.verify(delivery))
    const same = idOf('The very same', await world.source.verify(delivery))
    check(same === first, `The very same delivery is ${same}, and was ${first}.`)
    const again = idOf('Delivered again', await world.source.verify(await world.deliver(body)))
    check(again === first, `The same news, delivered again, is ${again}, and was ${first}.`)
    const other = idOf('Other news', await world.source.verify(await world.deliver(await world.news())))
    check(other !== first, `Other news has the delivery id ${first} too.`)
  },
}

/** A delivery as the inbox stores it. */
async function stored(world: WebhookWorld, body: Uint8Array): Promise<StoredDelivery> {
  const verdict = await world.source.verify(await world.deliver(body))
  check(verdict.kind !== 'rejected', `A delivery of the provider was rejected, ${shown(verdict)}.`)
  return { body, topic: verdict.topic, subject: verdict.subject ?? null }
}

const listed: Case<WebhookWorld> = {
  id: 'webhook/types_listed',
  rule: "the type of a genuine delivery stands in the adapter's table of event types, once.",
  async run(world) {
    const { eventTypes } = world.source
    const names = new Set(eventTypes.map(({ type }) => type))
    check(names.size === eventTypes.length, 'A type stands in the table twice.')
    const { topic } = await stored(world, await world.news())
    check(names.has(topic), `The type ${shown(topic)} is not in the table.`)
  },
}

const pure: Case<WebhookWorld> = {
  id: 'webhook/translate_pure',
  rule: 'the same bytes always give the same events.',
  async run(world) {
    const delivery = await stored(world, await world.news())
    const kept = { ...delivery, body: delivery.body.slice() }
    const first = world.source.translate(delivery)
    const told = structuredClone(first)
    world.source.translate(await stored(world, await world.news()))
    const second = world.source.translate(delivery)
    const third = world.source.translate(kept)
    check(isDeepStrictEqual(delivery.body, kept.body), 'The bytes were changed.')
    check(isDeepStrictEqual(first, told), 'Events told earlier were changed later.')
    for (const events of [second, third])
      check(isDeepStrictEqual(events, told), `First ${shown(told)}, then ${shown(events)}.`)
  },
}

const malformed: Case<WebhookWorld> = {
  id: 'webhook/malformed_rejected',
  rule: "bytes that are not the provider's form are rejected, and never throw.",
  async run(world) {
    check(world.malformed.length > 0, 'The world knows no malformed bytes.')
    const tooLarge = new Uint8Array(world.source.maxBodyBytes + 1).fill(0x20)
    for (const body of [new Uint8Array(0), ...world.malformed, tooLarge]) {
      const text = shown(new TextDecoder().decode(body.slice(0, 100)))
      const verdict = await world.source.verify(await world.deliver(body)).catch((error: unknown) => {
        throw new Error(`verify threw ${shown(error)} for ${text}.`)
      })
      check(verdict.kind === 'rejected', `Expected \`rejected\` for ${text}, got ${shown(verdict)}.`)
      try {
        world.source.translate({ body, topic: 'malformed', subject: null })
      } catch (error) {
        throw new Error(`translate threw ${shown(error)} for ${text}.`)
      }
    }
  },
}

/** The rules of `WebhookSource`. */
export const webhookCases: readonly Case<WebhookWorld>[] = [
  authentic,
  forged,
  readsBytes,
  sameId,
  listed,
  pure,
  malformed,
]
