import { type ContractEventWorld, contractEventCases, registerCases } from '@lastro/testing/conformance'
import { describe, test } from 'vitest'
import { NATIVE, start } from './stellar-world.ts'

const FAULTS = { unreachable: 'unreachable', server_error: 'server_error' } as const

async function createWorld(): Promise<ContractEventWorld> {
  const { node, source } = start()
  return {
    source,
    contract: NATIVE,
    emit: (count) => node.emit(Array.from({ length: count }, () => ({ contract: NATIVE }))),
    idle: (ledgers) => node.idle(ledgers),
    emptyPageAfter: 10_000,
    prune: () => node.prune(),
    fault(kind) {
      for (const method of ['getEvents', 'getHealth', 'getNetwork'] as const)
        node.faults.always(method, FAULTS[kind])
    },
    mend: () => node.faults.clear(),
  }
}

describe('stellar', () => {
  registerCases(test, { cases: contractEventCases, createWorld })
})
