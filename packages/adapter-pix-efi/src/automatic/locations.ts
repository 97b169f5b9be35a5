import { findOne, readOne } from '../answers.ts'
import type { EfiClient } from '../client.ts'
import { type EfiRecurrenceLocation, readLocation } from './read.ts'
import { recurrenceLocation } from './wire.ts'

interface Signalled {
  readonly signal?: AbortSignal | undefined
}

const NO_LOCATION = /^PayloadLocationRecNaoEncontrad[oa]$/
const subject = 'a location of a recurrence'
const schema = recurrenceLocation

/** Locations of recurrences: moves no money. */
export function createRecurrenceLocations(client: EfiClient) {
  return {
    /** @throws ProviderError. After a lost reply another one may be made: an unused location does no harm. */
    async create({ signal }: Signalled = {}): Promise<EfiRecurrenceLocation> {
      const call = { method: 'POST', path: ['v2', 'locrec'], json: {}, signal } as const
      return readLocation(await readOne(client, { call, subject, schema }))
    },
    /** Null only for Efí's own "not found". @throws ProviderError when Efí could not be asked. */
    async find({ id, signal }: Signalled & { readonly id: number }): Promise<EfiRecurrenceLocation | null> {
      const call = { method: 'GET', path: ['v2', 'locrec', `${id}`], signal } as const
      const found = await findOne(client, { call, subject, schema, absent: NO_LOCATION })
      return found === null ? null : readLocation(found)
    },
    /** Takes the recurrence off. @throws ProviderError when Efí could not be asked. */
    async release({ id, signal }: Signalled & { readonly id: number }): Promise<EfiRecurrenceLocation> {
      const call = { method: 'DELETE', path: ['v2', 'locrec', `${id}`, 'idRec'], signal } as const
      return readLocation(await readOne(client, { call, subject, schema }))
    },
  } as const
}
