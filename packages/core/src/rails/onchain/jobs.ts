import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'
import type { TransferId } from './transfer.ts'

const chainInput = z.object({ provider: z.string() })
const sendInput = z.object({
  transferId: z.custom<TransferId>((value) => typeof value === 'string'),
  provider: z.string(),
  from: z.string(),
})

/** Reads new blocks of one network, sees deposits in them and confirms those that are final. */
export const watchJob = defineJob<z.infer<typeof chainInput>>({
  name: 'onchain.watch',
  retry: { attempts: 5, baseMs: 1_000, maxMs: 30_000 },
  timeoutMs: 120_000,
  parse: (input) => chainInput.parse(input),
  lane: ({ provider }) => provider,
})

/** Makes deposit addresses ahead of need. */
export const fillAddressesJob = defineJob<z.infer<typeof chainInput>>({
  name: 'onchain.fill_addresses',
  retry: { attempts: 5, baseMs: 1_000, maxMs: 60_000 },
  timeoutMs: 60_000,
  parse: (input) => chainInput.parse(input),
  lane: ({ provider }) => provider,
})

/** Sends one transfer. One wallet sends one after another, so sequences follow each other. */
export const sendJob = defineJob<z.infer<typeof sendInput>>({
  name: 'onchain.send',
  // Few attempts: whatever is not done is taken up again by `onchain.track`, for as long as it takes.
  retry: { attempts: 4, baseMs: 2_000, maxMs: 60_000 },
  timeoutMs: 90_000,
  parse: (input) => sendInput.parse(input),
  lane: ({ provider, from }) => `${provider}:${from}`,
})

/** Follows transfers under way to their end, and takes up what was left lying. */
export const trackJob = defineJob<z.infer<typeof chainInput>>({
  name: 'onchain.track',
  retry: { attempts: 5, baseMs: 1_000, maxMs: 30_000 },
  timeoutMs: 120_000,
  parse: (input) => chainInput.parse(input),
  lane: ({ provider }) => provider,
})
