/** One POST of a webhook to an address that a customer chose. */
export interface SendRequest {
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The exact bytes, as text: what was signed. */
  readonly body: string
  /** For connection, headers and body of the answer together. */
  readonly timeoutMs: number
  /** Ends the wait from our side. */
  readonly signal?: AbortSignal
}

/**
 * Why no answer came. `blocked`: the address is not a public one, so nothing was sent; `stopped`: the caller's signal;
 * `answer_too_large`: the headers of the answer were past their limit.
 */
export type SendFailure =
  | 'blocked'
  | 'dns'
  | 'connection'
  | 'tls'
  | 'timeout'
  | 'answer_too_large'
  | 'stopped'

/** What became of one POST. A redirect is an answer like any other: it is never followed. */
export type SendResult =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>
      /** The first bytes of the body, as many as the sender keeps. */
      readonly body: Uint8Array
    }
  | { readonly kind: 'failed'; readonly error: SendFailure }

/**
 * Posts webhooks to addresses that customers choose, and to nothing else. `webhookSender()` of `@lastro/adapter-kit` is
 * one for Node; another must refuse what it refuses.
 */
export interface WebhookSender {
  /**
   * The rule that an address breaks, or null: what can be told without asking anybody. It refuses anything but https,
   * other ports than the configured ones, names of one label, literal addresses in any spelling, and credentials.
   */
  checkUrl(url: string): string | null
  /**
   * Sends once and never throws. Where the name leads is checked while connecting, against the very address that is
   * connected to: a name may answer otherwise than it did a moment ago.
   */
  post(request: SendRequest): Promise<SendResult>
}
