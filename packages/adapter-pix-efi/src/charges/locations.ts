import type { z } from 'zod'
import { findOne, readOne } from '../answers.ts'
import type { EfiClient } from '../client.ts'
import { instantOf } from '../instant.ts'
import { type EfiPage, type EfiWindow, nextPage, queryOf } from './list.ts'
import { type ChargeKind, location, locationList } from './wire.ts'

/** Where the payload of a charge is served. Made ahead, it lets a QR code be printed before the charge exists. */
export interface EfiLocation {
  readonly id: number
  /** Without `https://`. */
  readonly url: string
  readonly kind: ChargeKind
  /** The charge that it shows now. */
  readonly txid?: string
  readonly createdAt?: Date
}

interface Signalled {
  readonly signal?: AbortSignal | undefined
}

const NO_LOCATION = /^(location_nao_encontrada|PayloadLocationNaoEncontrad[oa])$/
const subject = 'a location'

function locationOf(wire: z.output<typeof location>): EfiLocation {
  const createdAt = instantOf(wire.criacao)
  return {
    id: wire.id,
    url: wire.location ?? '',
    kind: wire.tipoCob === 'cobv' ? 'cobv' : 'cob',
    ...(wire.txid ? { txid: wire.txid } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
  }
}

/** Locations: moves no money. Every function throws ProviderError when Efí could not be asked or refuses. */
export function createLocations(client: EfiClient) {
  return {
    /** @throws ProviderError. After a lost reply another one may be made: an unused location does no harm. */
    async create({ kind, signal }: Signalled & { readonly kind: ChargeKind }): Promise<EfiLocation> {
      const call = { method: 'POST', path: ['v2', 'loc'], json: { tipoCob: kind }, signal } as const
      return locationOf(await readOne(client, { call, subject, schema: location }))
    },
    /** Null only for Efí's own "not found". @throws ProviderError when Efí could not be asked. */
    async find({ id, signal }: Signalled & { readonly id: number }): Promise<EfiLocation | null> {
      const call = { method: 'GET', path: ['v2', 'loc', `${id}`], signal } as const
      const found = await findOne(client, { call, subject, schema: location, absent: NO_LOCATION })
      return found === null ? null : locationOf(found)
    },
    /** @throws ProviderError when Efí could not be asked. */
    async list(
      window: EfiWindow & { readonly kind?: ChargeKind; readonly isUsed?: boolean },
    ): Promise<EfiPage<EfiLocation>> {
      const { kind, isUsed, signal } = window
      const txIdPresente = isUsed === undefined ? undefined : `${isUsed}`
      const query = { ...queryOf(window), tipoCob: kind, txIdPresente }
      const call = { method: 'GET', path: ['v2', 'loc'], query, signal } as const
      const found = await readOne(client, { call, subject: 'the locations', schema: locationList })
      const items = (found.locs ?? found.loc ?? []).map(locationOf)
      return { items, next: nextPage(found.parametros.paginacao, window.page ?? 0) }
    },
    /** Takes the charge off: its QR code leads nowhere until another charge is put there. @throws ProviderError. */
    async release({ id, signal }: Signalled & { readonly id: number }): Promise<EfiLocation> {
      const call = { method: 'DELETE', path: ['v2', 'loc', `${id}`, 'txid'], signal } as const
      return locationOf(await readOne(client, { call, subject, schema: location }))
    },
  } as const
}
