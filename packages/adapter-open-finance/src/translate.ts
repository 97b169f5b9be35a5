import type { ProviderEvent, StoredDelivery } from '@lastro/core/spec'
import { readBody } from './body.ts'
import { readSubject, resourceOf } from './resources.ts'

const unrecognised = (topic: string, detail: string): ProviderEvent => ({
  kind: 'unrecognised',
  topic,
  detail,
})

/** A notification names a resource and tells nothing of it: always a hint. Pure, and it never throws. */
export function translate({ body, topic, subject }: StoredDelivery): readonly ProviderEvent[] {
  const told = readBody(body)
  if (told === null) return [unrecognised(topic, 'the body is no notification.')]
  if (resourceOf(topic) === undefined)
    return [unrecognised(topic, 'the path is none that webhook 1.3.0 has.')]
  const about = readSubject(subject)
  if (about === null) return [unrecognised(topic, 'the subject names no organisation, version and id.')]
  const { id, ...where } = about
  return [{ kind: 'hint', topic, ref: id, facts: { ...where, ...told } }]
}
