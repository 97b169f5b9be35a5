import type { ProviderEvent, StoredDelivery } from '@lastro/core/spec'
import { readBody } from './body.ts'
import { UNKNOWN_TOPIC } from './event-types.ts'
import { readCobR, readRec } from './translate-automatic.ts'
import { readPix, unrecognised } from './translate-pix.ts'

/** What a delivery tells, in our words. Pure, and it never throws: what fits no rule is `unrecognised`. */
export function translate({ body: bytes }: StoredDelivery): readonly ProviderEvent[] {
  const body = readBody(bytes)
  if (body.kind === 'malformed')
    return [unrecognised('malformed', { why: 'the body is no JSON object of Efí.' })]
  if (body.topic === UNKNOWN_TOPIC)
    return [unrecognised(UNKNOWN_TOPIC, { why: 'the body has no part that Efí documents.' })]
  const { pix, recs, cobsr, isTest } = body.parts
  return [
    ...pix.map(readPix),
    ...recs.map(readRec),
    ...cobsr.flatMap(readCobR),
    ...(isTest ? [{ kind: 'ignored', topic: 'teste_webhook' } as const] : []),
  ]
}
