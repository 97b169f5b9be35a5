/** How fast deliveries are verified, beside a bare HMAC of the same bytes and beside the packages that senders publish. */
import { createHmac, createSecretKey, hash } from 'node:crypto'
import { Webhook as StandardPeer } from 'standardwebhooks'
import { Stripe as StripePeer } from 'stripe'
import { Webhook as SvixPeer } from 'svix'
import {
  createHmacKey,
  type StandardWebhooksOptions,
  standardVerifier,
  standardWebhooks,
} from '../../packages/adapter-kit/src/index.ts'
import { stripe } from '../../packages/adapter-stripe/src/index.ts'
import { isSigned, parseSignature } from '../../packages/adapter-stripe/src/signature.ts'
import type { RawDelivery, WebhookSource } from '../../packages/core/src/spec/index.ts'
import { SOURCES } from '../../packages/core/test/webhooks-sources.ts'
import {
  type Delivered,
  STANDARD_SECRET,
  STRIPE_SECRET,
  standardDelivery,
  stripeDelivery,
} from './deliveries.ts'
import { each, measureRounds, type Rate, type RoundsOptions, type Work } from './rounds.ts'

/** The pieces of one comparison, and what they gave. */
export interface VerifyFigures {
  readonly signature: ReadonlyMap<string, Rate>
  readonly whole: ReadonlyMap<string, Rate>
  readonly sources: ReadonlyMap<string, Rate>
}

const SAMPLES = 256
const clock = { now: () => new Date() }
const text = new TextDecoder()

const standards = Array.from({ length: SAMPLES }, (_, number) =>
  raw(standardDelivery({ number, subjects: 64 })),
)
const stripes = Array.from({ length: SAMPLES }, (_, number) => raw(stripeDelivery(number)))

function raw({ headers, body }: Delivered): RawDelivery {
  return { method: 'POST', url: '/webhooks/bench', headers, body, receivedAt: clock.now() }
}

/** One of the samples. They are taken in turns, so that no single one of them stays in a cache. */
const pick = (list: readonly RawDelivery[], number: number): RawDelivery =>
  list[number % SAMPLES] as RawDelivery

const expect = (isRight: boolean, name: string) => {
  if (!isRight) throw new Error(`${name} refused a genuine delivery.`)
}

const STANDARD = {
  provider: 'bench',
  secrets: [STANDARD_SECRET],
  eventTypes: [{ type: 'payment.paid', does: 'handed_on', becomes: 'item changed' }],
  translate: ({ payload }) => [
    { kind: 'changed', object: 'item', ref: String(payload.type), change: 'paid' },
  ],
} satisfies StandardWebhooksOptions

/** As the kit makes it. */
const standardSource = standardWebhooks(STANDARD)

/** The same for intake: with a subject, so that deliveries have an order. */
export const intakeSource = standardWebhooks({
  ...STANDARD,
  subject: ({ data }) => (data as { readonly id: string }).id,
})

const stripeSource = stripe({ webhook: { secrets: [STRIPE_SECRET], livemode: true }, clock }).webhooks

/** What is signed of a delivery, in one piece: what a bare HMAC is taken of. */
const SIGNED = {
  standard: standards.map(({ headers, body }) =>
    joined(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`, body),
  ),
  stripe: stripes.map(({ headers, body }) =>
    joined(`${headers['stripe-signature']?.slice(2).split(',')[0]}.`, body),
  ),
}

function joined(head: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(head), body])
}

const KEYS = {
  standard: Buffer.from(STANDARD_SECRET.slice('whsec_'.length), 'base64'),
  stripe: Buffer.from(STRIPE_SECRET),
}

/** The ways of Node to take an HMAC with a key made ready, and the one we use ourselves. */
function bareHmacs(of: keyof typeof SIGNED): Readonly<Record<string, Work>> {
  const key = createSecretKey(KEYS[of])
  const twoHashes = createHmacKey('sha256', KEYS[of])
  const bytes = (number: number) => SIGNED[of][number % SAMPLES] as Uint8Array
  return {
    [`hmac_${of}_buffer`]: each((number) => createHmac('sha256', key).update(bytes(number)).digest()),
    [`hmac_${of}_hex`]: each((number) => createHmac('sha256', key).update(bytes(number)).digest('hex')),
    [`hmac_${of}_base64`]: each((number) => createHmac('sha256', key).update(bytes(number)).digest('base64')),
    [`hmac_${of}_binary`]: each((number) => createHmac('sha256', key).update(bytes(number)).digest('binary')),
    [`two_hashes_${of}`]: each((number) => twoHashes[of === 'stripe' ? 'hex' : 'base64']('', bytes(number))),
  }
}

/** For the reader's eye: what is not in any ratio. */
const CONTEXT: Readonly<Record<string, Work>> = {
  hmac_raw_key: each((number) =>
    createHmac('sha256', KEYS.standard)
      .update(SIGNED.standard[number % SAMPLES] as Uint8Array)
      .digest('hex'),
  ),
  sha256_alone: each((number) => hash('sha256', SIGNED.standard[number % SAMPLES] as Uint8Array, 'hex')),
}

/** Signatures alone: header, time, MAC, comparison. */
function signatures(): Readonly<Record<string, Work>> {
  const verifier = standardVerifier({ provider: 'bench', secrets: [STANDARD_SECRET] })
  const keys = [createHmacKey('sha256', STRIPE_SECRET)]
  return {
    lastro_standard_signature: each((number) =>
      expect(verifier.check(pick(standards, number)) === 'valid', 'standardVerifier'),
    ),
    lastro_stripe_signature: each((number) => {
      const { headers, body, receivedAt } = pick(stripes, number)
      const signature = parseSignature(headers['stripe-signature'])
      const isFresh = signature !== null && Math.abs(receivedAt.getTime() / 1_000 - signature.seconds) < 300
      expect(isFresh && isSigned(signature, { keys, body }), 'the signature of Stripe')
    }),
  }
}

/** Ours: `verify` awaited and, where it is asked for and the verdict does not bring it, the body parsed, as theirs do. */
function verifying(
  source: WebhookSource,
  { list, parses }: { readonly list: readonly RawDelivery[]; readonly parses: boolean },
): Work {
  return async (from, to) => {
    for (let number = from; number < to; number += 1) {
      const delivery = list[number % list.length] as RawDelivery
      const verdict = await source.verify(delivery)
      expect(verdict.kind !== 'rejected', 'a source')
      const isParsed = verdict.kind === 'authentic' && verdict.payload !== undefined
      if (parses && !isParsed) JSON.parse(text.decode(delivery.body))
    }
  }
}

/** From the bytes to the parsed body, ours and theirs. */
function wholes(): Readonly<Record<string, Work>> {
  const standardPeer = new StandardPeer(STANDARD_SECRET)
  const svixPeer = new SvixPeer(STANDARD_SECRET)
  const stripePeer = new StripePeer('sk_test_0000000000000000000000')
  const byStandard = (peer: StandardPeer | SvixPeer) =>
    each((number) => {
      const { headers, body } = pick(standards, number)
      peer.verify(body as Buffer, headers as Record<string, string>)
    })
  return {
    lastro_standard: verifying(standardSource, { list: standards, parses: true }),
    standardwebhooks: byStandard(standardPeer),
    svix: byStandard(svixPeer),
    lastro_stripe: verifying(stripeSource, { list: stripes, parses: true }),
    stripe: each((number) => {
      const { headers, body } = pick(stripes, number)
      const signature = headers['stripe-signature'] as string
      stripePeer.webhooks.constructEvent(body as Buffer, signature, STRIPE_SECRET)
    }),
  }
}

/** `verify` of every adapter, with the genuine deliveries it is tested with, which are smaller. */
async function sources(): Promise<Readonly<Record<string, Work>>> {
  const works: Record<string, Work> = {}
  for (const { factory, mode, open } of SOURCES) {
    const { source, genuine } = await open()
    works[`${factory} (${mode})`] = verifying(source, { list: genuine, parses: false })
  }
  return works
}

/** Measures everything that needs no database. */
export async function measureVerify(options: RoundsOptions): Promise<VerifyFigures> {
  return {
    signature: await measureRounds(
      { ...signatures(), ...bareHmacs('standard'), ...bareHmacs('stripe'), ...CONTEXT },
      options,
    ),
    whole: await measureRounds(wholes(), options),
    sources: await measureRounds(await sources(), { rounds: Math.min(3, options.rounds), ms: options.ms }),
  }
}
