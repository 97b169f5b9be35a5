import { ProviderError } from '@lastro/core/spec'

/** Who reads which field, for the error when it is not what it must be. */
export interface Reading {
  readonly id: string
  readonly field: string
}

function refuse({ id, field }: Reading, rule: string): ProviderError {
  return new ProviderError({ provider: id, kind: 'unexpected_answer', message: `${field} is not ${rule}.` })
}

/** A JSON-RPC quantity, such as `0x1f`. @throws ProviderError `unexpected_answer`. */
export function quantity(value: unknown, reading: Reading): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value))
    throw refuse(reading, 'a hex quantity')
  return BigInt(value)
}

/** A 32-byte hash, in lower case. @throws ProviderError `unexpected_answer`. */
export function hash(value: unknown, reading: Reading): string {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(value)) throw refuse(reading, 'a 32-byte hash')
  return value.toLowerCase()
}

/** A 20-byte address, in lower case. @throws ProviderError `unexpected_answer`. */
export function address(value: unknown, reading: Reading): string {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw refuse(reading, 'an address')
  return value.toLowerCase()
}

/** Bytes as hex text. @throws ProviderError `unexpected_answer`. */
export function bytes(value: unknown, reading: Reading): string {
  if (typeof value !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(value)) throw refuse(reading, 'hex bytes')
  return value.toLowerCase()
}

/** An object. @throws ProviderError `unexpected_answer`. */
export function object(value: unknown, reading: Reading): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(reading, 'an object')
  return value as Readonly<Record<string, unknown>>
}

/** A list. @throws ProviderError `unexpected_answer`. */
export function list(value: unknown, reading: Reading): readonly unknown[] {
  if (!Array.isArray(value)) throw refuse(reading, 'a list')
  return value
}

/** A quantity as JSON-RPC writes it. */
export function toQuantity(value: bigint): string {
  return `0x${value.toString(16)}`
}
