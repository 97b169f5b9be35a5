import { z } from 'zod'
import { defineJob } from '../../platform/jobs/index.ts'
import type { GapId } from './stream.ts'

const streamInput = z.object({ stream: z.string() })
const gapInput = z.object({ gap: z.custom<GapId>((value) => typeof value === 'string'), stream: z.string() })

/** Reads what is new of one stream of contract events into the inbox, page by page. */
export const readStreamJob = defineJob<z.infer<typeof streamInput>>({
  name: 'relayer.read',
  // A provider's trouble does not count as an attempt: the row remembers it, and the schedule comes back.
  retry: { attempts: 5, baseMs: 1_000, maxMs: 30_000 },
  timeoutMs: 300_000,
  parse: (input) => streamInput.parse(input),
  lane: ({ stream }) => stream,
})

/** Reads the ledgers of one gap into the inbox, page by page. */
export const fillGapJob = defineJob<z.infer<typeof gapInput>>({
  name: 'relayer.fill',
  retry: { attempts: 8, baseMs: 2_000, maxMs: 300_000 },
  timeoutMs: 300_000,
  parse: (input) => gapInput.parse(input),
  lane: ({ stream }) => stream,
})
