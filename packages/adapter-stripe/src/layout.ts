/** A text of ASCII as bytes. */
export const pieceOf = (text: string | undefined): Uint8Array => new TextEncoder().encode(text)

/** What stands between the values of an event, in one of the ways in which Stripe writes JSON. */
export interface Layout {
  /** Before the id, the version, the time and the id of the object. */
  readonly head: Readonly<Record<'id' | 'version' | 'created' | 'subject', Uint8Array>>
  /** Before the mode, the count of deliveries, the request and the type, and after the type. */
  readonly tail: Readonly<Record<'livemode' | 'pending' | 'request' | 'type' | 'end', Uint8Array>>
  /** Before the two values of the request, and after them. */
  readonly request: Readonly<Record<'id' | 'key' | 'end', Uint8Array>>
}

const VALUE = '@'

/** Cut from an event with nothing in it, so that nobody has to write out where JSON puts its signs. */
export function layoutOf(indent: number): Layout {
  const write = (value: unknown): string =>
    JSON.stringify(value, null, indent).replaceAll(`"${VALUE}"`, VALUE)
  const empty = write({ request: {} })
  const request = write({ request: { id: VALUE, idempotency_key: VALUE } })
    .slice(empty.indexOf('{}'), -1)
    .trimEnd()
  const event = write({
    id: VALUE,
    object: 'event',
    api_version: VALUE,
    created: VALUE,
    data: { object: { id: VALUE, last: {} } },
    livemode: VALUE,
    pending_webhooks: VALUE,
    request: VALUE,
    type: VALUE,
  })
  const pieces = event.split(VALUE)
  const ofRequest = request.split(VALUE)
  return {
    head: {
      id: pieceOf(`${pieces[0]}"`),
      version: pieceOf(`"${pieces[1]}`),
      created: pieceOf(pieces[2]),
      subject: pieceOf(`${pieces[3]}"`),
    },
    tail: {
      // From the end of the object on: what is last in the object differs.
      livemode: pieceOf(pieces[4]?.slice(pieces[4].lastIndexOf('{}') + 2)),
      pending: pieceOf(pieces[5]),
      request: pieceOf(pieces[6]),
      type: pieceOf(`${pieces[7]}"`),
      end: pieceOf(`"${pieces[8]}`),
    },
    request: { id: pieceOf(ofRequest[0]), key: pieceOf(ofRequest[1]), end: pieceOf(ofRequest[2]) },
  }
}
