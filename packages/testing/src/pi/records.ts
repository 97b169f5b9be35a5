/** A payment as the fake holds it. */
export interface PiPayment {
  readonly identifier: string
  readonly uid: string
  /** In units of 0.0000001 Pi. */
  readonly amount: bigint
  readonly memo: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly from: string
  readonly to: string
  readonly direction: 'user_to_app' | 'app_to_user'
  readonly createdAt: Date
  readonly approved: boolean
  readonly verified: boolean
  readonly completed: boolean
  readonly cancelled: boolean
  readonly userCancelled: boolean
  readonly txid: string | null
}

/** The same, while the fake changes it. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A transaction on the chain: the witness against which an adapter is judged. */
export interface PiTransaction {
  readonly hash: string
  /** False: applied as failed. The fee is gone, and nothing else moved. */
  readonly successful: boolean
  readonly source: string
  readonly sequence: bigint
  readonly to: string
  /** In units of 0.0000001 Pi. */
  readonly amount: bigint
  readonly memo: string | null
  readonly fee: bigint
  readonly at: Date
  readonly envelope: string
}

/** One call to the API or to Horizon. No secrets are kept. */
export interface PiCall {
  readonly at: Date
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly status: number | 'drop' | 'waiting'
  readonly fault: string | null
}

/** One piece of news for the host, as it is delivered. */
export interface PiDelivery {
  readonly id: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What the host answered, or null before that. */
  readonly status: number | null
}
