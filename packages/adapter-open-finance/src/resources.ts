import type { EventTypeRow, ProviderObject } from '@lastro/core/spec'

/** One kind of resource that institutions notify about: its path, and how it is read. */
export interface Resource extends EventTypeRow {
  readonly does: 'asked'
  readonly object: ProviderObject
  /** Which API, and where in it the resource is; the id comes after. The version stands between the two. */
  readonly api: 'payments' | 'automatic-payments' | 'enrollments'
  readonly path: readonly string[]
  /** What the id looks like. Consent ids are URNs. */
  readonly id: RegExp
  /** What it is called in errors. */
  readonly subject: string
}

const URN = /^urn:[a-zA-Z0-9][a-zA-Z0-9-]{0,31}:[a-zA-Z0-9()+,\-.:=@;$_!*'%/?#]{1,256}$/
const PLAIN = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,99}$/
/** Described as a URN and declared as a plain id (webhook 1.3.0, `enrollmentId`): both are taken. */
const EITHER = new RegExp(`${URN.source}|${PLAIN.source}`)

/**
 * Every notification of the participants' webhook (Open Finance Brasil, webhook 1.3.0). None tells more than which
 * resource changed, so each is asked about. The type is the path without its version and id.
 */
export const RESOURCES: readonly Resource[] = [
  {
    type: 'payments/consents',
    does: 'asked',
    becomes: 'consent changed',
    object: 'consent',
    api: 'payments',
    path: ['consents'],
    id: URN,
    subject: 'the payment consent',
  },
  {
    type: 'payments/pix/payments',
    does: 'asked',
    becomes: 'payment, bank_payment changed',
    object: 'bank_payment',
    api: 'payments',
    path: ['pix', 'payments'],
    id: PLAIN,
    subject: 'the Pix payment',
  },
  {
    type: 'automatic-payments/recurring-consents',
    does: 'asked',
    becomes: 'recurring_consent changed',
    object: 'recurring_consent',
    api: 'automatic-payments',
    path: ['recurring-consents'],
    id: URN,
    subject: 'the recurring consent',
  },
  {
    type: 'automatic-payments/pix/recurring-payments',
    does: 'asked',
    becomes: 'payment, recurring_payment changed',
    object: 'recurring_payment',
    api: 'automatic-payments',
    path: ['pix', 'recurring-payments'],
    id: PLAIN,
    subject: 'the recurring payment',
  },
  {
    type: 'enrollments/enrollments',
    does: 'asked',
    becomes: 'enrollment changed',
    object: 'enrollment',
    api: 'enrollments',
    path: ['enrollments'],
    id: EITHER,
    subject: 'the enrolment',
  },
]

/** The resource of a type, or undefined. */
export const resourceOf = (type: string): Resource | undefined =>
  RESOURCES.find((resource) => resource.type === type)

/** What the path of a notification says. */
export type Notified =
  | { readonly kind: 'known'; readonly resource: Resource; readonly version: string; readonly id: string }
  /** Below the webhook's own path, but nothing that version 1.3.0 has. */
  | { readonly kind: 'unknown' }

const MARKER = '/open-banking/webhook/v1/'
const VERSION = /^v[1-9]\d?$/

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Reads the path; null when it is no notification, or its id is none. The id is percent-decoded once. */
export function readPath(url: string): Notified | null {
  const [path = ''] = url.split('?')
  const start = path.indexOf(MARKER)
  if (start < 0) return null
  const [api = '', version = '', ...rest] = path.slice(start + MARKER.length).split('/')
  const resource = RESOURCES.find(
    (one) => one.api === api && one.path.every((part, index) => rest[index] === part),
  )
  if (resource === undefined || !VERSION.test(version)) return { kind: 'unknown' }
  const id = decode(rest.slice(resource.path.length).join('/'))
  return id !== null && resource.id.test(id) ? { kind: 'known', resource, version, id } : null
}

/** What a delivery is about, as one text: `<organisation>:<version>:<id>`. */
export interface Subject {
  readonly organisationId: string
  readonly version: string
  readonly id: string
}

/** Neither an organisation's UUID nor a version has a colon, so the text can be read again. */
export const writeSubject = ({ organisationId, version, id }: Subject): string =>
  `${organisationId}:${version}:${id}`

/** The parts of a subject, or null. */
export function readSubject(text: string | null): Subject | null {
  const [, organisationId = '', version = '', id = ''] =
    /^([0-9a-f-]{36}):(v\d{1,2}):(.+)$/s.exec(text ?? '') ?? []
  return id === '' ? null : { organisationId, version, id }
}
