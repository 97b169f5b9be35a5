import type { ProviderEvent, StoredDelivery } from '@lastro/core/spec'
import { factsOf, idAt, isId, readEnvelope, textAt } from './body.ts'
import { ruleOf } from './events.ts'

const unrecognised = (
  topic: string,
  facts: { readonly why: string; readonly ref?: string | null },
): ProviderEvent => ({
  kind: 'unrecognised',
  topic,
  detail: facts.why,
  ...(typeof facts.ref === 'string' ? { providerRef: facts.ref } : {}),
})

/**
 * What a delivery tells, in our words. Pure, and it never throws.
 *
 * Items, connectors and transactions are handed on as `changed`; whatever moves money is a `hint`, since Pluggy signs
 * nothing and asks itself that the resource is read before anything is done.
 */
export function translate(delivery: StoredDelivery): readonly ProviderEvent[] {
  const envelope = readEnvelope(delivery.body)
  if (envelope === null)
    return [unrecognised('malformed', { why: 'the body is no JSON object with event and eventId.' })]
  const { event, fields } = envelope
  const rule = ruleOf(event)
  if (rule === undefined) return [unrecognised(event, { why: 'Pluggy does not document this event.' })]
  const { family } = rule
  const ref = idAt(fields, family.ref)
  if (ref === null) return [unrecognised(event, { why: `${family.ref.join(' or ')} is missing.` })]
  const facts = factsOf(fields, family)
  const missing = family.needs.find((name) => !isId(facts[name]))
  if (missing !== undefined) return [unrecognised(event, { why: `${missing} is missing.`, ref })]
  if (rule.does === 'asked') return [{ kind: 'hint', topic: event, ref, facts }]
  const status = textAt(fields, family.status)
  return [
    {
      kind: 'changed',
      object: family.object,
      ref,
      change: event.slice(event.indexOf('/') + 1),
      ...(status === null ? {} : { status }),
      facts,
    },
  ]
}
