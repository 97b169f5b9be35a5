import type {
  CreatePayment,
  DeclineReason,
  Money,
  Outcome,
  PaymentProvider,
  PaymentRef,
  ProviderPayment,
} from '@lastro/core/spec'
import { check, shown, type World } from './case.ts'

/** What a case may ask to go wrong. "The next call" is the next one that makes a payment or gives one back. */
export type PaymentFault =
  /** No connection can be made, to anything, until `mend`. */
  | 'unreachable'
  /** The next call has its effect, and the connection dies before the answer. */
  | 'lost_reply'
  /** The next call has its effect, and its answer is cut in the middle. */
  | 'cut_reply'
  /** The next call has no effect, and its answer is a server error whose body reads like a final refusal. */
  | 'server_error'
  /** The next call has its effect, and its answer is a server error all the same. */
  | 'server_error_after_effect'
  /** The next call is refused, finally, for `refusalReason`. */
  | 'refuse'
  /** Whoever looks a payment or a refund up gets a server error, until `mend`. */
  | 'lookup_trouble'

/** Drives the world behind a payment provider, so that a case can ask for faults and see the truth without it. */
export interface PaymentWorld extends World {
  readonly provider: PaymentProvider
  /** Another instance of the same adapter, as after a restart: it shares no memory with the first one. */
  restarted(): PaymentProvider
  /** A payment that can be made, with a key that no other one has. Default amount: any. */
  request(amount?: Money): CreatePayment
  /**
   * The call that makes the payment at the provider. Absent: `create`. Where the payer's wallet makes it (Pi), the
   * wallet's part and then `approve`.
   */
  make?(provider: PaymentProvider, request: CreatePayment): Promise<Outcome<ProviderPayment>>
  /** The provider's id where the host knows it before any answer, as of a payment that a wallet made. */
  knownRef?(request: CreatePayment): string | undefined
  readonly smallest: Money
  readonly largest: Money
  /** What `refuse` refuses for. */
  readonly refusalReason: DeclineReason
  /** What was asked of the payer by each payment that the remote side holds for this request, told by that side. */
  made(request: CreatePayment): Promise<readonly Money[]>
  /** The payer pays, whole or in part. False when the remote side does not let them. */
  pay(request: CreatePayment, amount?: Money): Promise<boolean>
  /** What went back to the payer of this request, told by the remote side. */
  returned(request: CreatePayment): Promise<readonly Money[]>
  fault(kind: PaymentFault): void
  /** Ends `unreachable` and `lookup_trouble`. */
  mend(): void
  /** Lets time pass for the adapter and the remote side. */
  pass(ms: number): Promise<void>
}

/** Faults by which a call has its effect and no answer that can be read. */
export const WITHOUT_REPLY = ['lost_reply', 'cut_reply'] as const
/** Faults by which a call is answered with a server error. */
export const SERVER_ERRORS = ['server_error', 'server_error_after_effect'] as const
const COUNTS = { none: 0, one: 1 } as const

/** The outcome is of one of these kinds. */
export function expectKind(
  what: string,
  outcome: Outcome<unknown>,
  kinds: readonly Outcome<unknown>['kind'][],
): void {
  const wanted = kinds.map((kind) => `\`${kind}\``).join(' or ')
  check(kinds.includes(outcome.kind), `${what}: expected ${wanted}, got ${shown(outcome)}.`)
}

/** So many payments stand at the remote side. */
export async function expectMade(
  world: PaymentWorld,
  { request, count }: { request: CreatePayment; count: keyof typeof COUNTS },
): Promise<void> {
  const found = await world.made(request)
  check(found.length === COUNTS[count], `Expected ${count} at the remote side, found ${shown(found)}.`)
}

/** Makes a payment in this world. */
export const make = (
  world: PaymentWorld,
  { request, provider = world.provider }: { request: CreatePayment; provider?: PaymentProvider },
): Promise<Outcome<ProviderPayment>> => (world.make ?? createIn)(provider, request)

const createIn = (provider: PaymentProvider, request: CreatePayment) => provider.create(request)

/** How the host names this payment to the provider. */
export function refTo(world: PaymentWorld, request: CreatePayment): PaymentRef {
  const providerRef = world.knownRef?.(request)
  const { idempotencyKey } = request
  return providerRef === undefined ? { idempotencyKey } : { idempotencyKey, providerRef }
}
