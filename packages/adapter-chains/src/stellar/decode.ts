import { type ContractEvent, ProviderError } from '@lastro/core/spec'
import { decodeScVal, type PlainValue } from './plain.ts'
import { readTokenEvent, type TokenEvent } from './token-event.ts'

export type { PlainValue } from './plain.ts'
export type { MuxedId, TokenEvent } from './token-event.ts'

/** A contract event in values that JSON holds: whole numbers are texts, bytes `{ hex }`, addresses as Stellar writes them. */
export interface DecodedContractEvent {
  readonly contract: string
  readonly name: string | null
  readonly topics: readonly PlainValue[]
  readonly value: PlainValue
  /** In the form of a token, where it has one. Which token it is, only `contract` says. */
  readonly token: TokenEvent | null
}

/**
 * Decodes an event by the Stellar SDK, which is loaded at the first call.
 * @throws ProviderError `misconfigured` when the SDK is not installed, `unexpected_answer` when a value is no XDR.
 */
export function decodeContractEvent(
  event: Pick<ContractEvent, 'contract' | 'name' | 'topics' | 'value'>,
): DecodedContractEvent {
  const read = (text: string, field: string) => {
    try {
      return decodeScVal(text)
    } catch (cause) {
      if (cause instanceof ProviderError) throw cause
      const message = `${field} of an event of ${event.contract} is no ScVal.`
      throw new ProviderError({ provider: 'stellar', kind: 'unexpected_answer', message }, { cause })
    }
  }
  const topics = event.topics.map((topic, index) => read(topic, `topics[${index}]`))
  const value = read(event.value, 'value')
  return {
    contract: event.contract,
    name: event.name,
    topics: topics.map(({ plain }) => plain),
    value: value.plain,
    token: readTokenEvent(event.name, { topics, value }),
  }
}
