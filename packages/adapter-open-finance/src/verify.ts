import { sha256Hex } from '@lastro/adapter-kit'
import type { RawDelivery, RejectReason, Verdict } from '@lastro/core/spec'
import { readBody } from './body.ts'
import { identityOf } from './certificate-subject.ts'
import type { Settings } from './options.ts'
import { readPath, writeSubject } from './resources.ts'

/** A notification is one moment and one word. */
export const MAX_BODY_BYTES = 16_384

const rejected = (reason: RejectReason): Verdict => ({ kind: 'rejected', reason })

/** The sending organisation, or why the sender is not believed. */
function senderOf({ peer }: RawDelivery, settings: Settings): { readonly id: string } | RejectReason {
  if (peer?.certificateVerified !== true) return 'bad_signature'
  const { organisationId, softwareStatementId } = identityOf(peer.certificateSubject ?? '')
  const known = settings.institutions.filter((one) => one.organisationId === organisationId)
  const isKnown = known.some(
    ({ softwareStatementIds }) =>
      softwareStatementIds === undefined ||
      (softwareStatementId !== null && softwareStatementIds.includes(softwareStatementId)),
  )
  return isKnown && organisationId !== null ? { id: organisationId } : 'foreign'
}

/**
 * Who sent a notification: nothing is signed, so it is the client certificate alone that proves it, and the host must
 * say whether it chains to ICP-Brasil.
 *
 * The delivery id is a digest of the sender, the path and the bytes. The timestamp in them is when the event happened,
 * so the three attempts of one notification are one delivery; the interaction id is new for each attempt and no part
 * of it. Two changes within one second are written in the same bytes: see `lookUp`.
 */
export function verify(delivery: RawDelivery, settings: Settings): Verdict {
  const sender = senderOf(delivery, settings)
  if (typeof sender === 'string') return rejected(sender)
  if (delivery.method !== 'POST' || delivery.body.byteLength > MAX_BODY_BYTES) return rejected('malformed')
  const notified = readPath(delivery.url)
  if (notified === null || readBody(delivery.body) === null) return rejected('malformed')
  const isKnown = notified.kind === 'known'
  const topic = isKnown ? notified.resource.type : 'unrecognised'
  const about = isKnown
    ? writeSubject({ organisationId: sender.id, version: notified.version, id: notified.id })
    : delivery.url
  const named = Buffer.from(JSON.stringify([sender.id, topic, about]))
  const deliveryId = sha256Hex(Buffer.concat([named, delivery.body]))
  return { kind: 'authentic', deliveryId, topic, ...(isKnown ? { subject: about } : {}) }
}
