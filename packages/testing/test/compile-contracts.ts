// Compiles src/anvil/contracts.sol. Run as a program it writes src/anvil/contracts.ts anew:
//   node packages/testing/test/compile-contracts.ts
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

interface CompiledContract {
  readonly bytecode: string
  readonly selectors: Readonly<Record<string, string>>
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts: Record<
    string,
    Record<string, { evm: { bytecode: { object: string }; methodIdentifiers: Record<string, string> } }>
  >
}

const require = createRequire(import.meta.url)
const source = new URL('../src/anvil/contracts.sol', import.meta.url)
const target = new URL('../src/anvil/contracts.ts', import.meta.url)

/** The contracts of contracts.sol, compiled now. */
export async function compileContracts(): Promise<Record<string, CompiledContract>> {
  const solc: { compile(input: string): string } = require('solc')
  const input = {
    language: 'Solidity',
    sources: { 'contracts.sol': { content: await readFile(source, 'utf8') } },
    settings: {
      evmVersion: 'paris',
      optimizer: { enabled: true },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.methodIdentifiers'] } },
    },
  }
  const output: SolcOutput = JSON.parse(solc.compile(JSON.stringify(input)))
  const errors = output.errors?.filter((error) => error.severity === 'error') ?? []
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'))
  const contracts = Object.entries(output.contracts['contracts.sol'] ?? {})
  return Object.fromEntries(
    contracts
      .filter(([, { evm }]) => evm.bytecode.object !== '')
      .map(([name, { evm }]) => {
        const selectors = Object.entries(evm.methodIdentifiers).map(([signature, id]) => [
          signature.slice(0, signature.indexOf('(')),
          `0x${id}`,
        ])
        return [name, { bytecode: `0x${evm.bytecode.object}`, selectors: Object.fromEntries(selectors) }]
      }),
  )
}

if (import.meta.main) {
  const body = JSON.stringify(await compileContracts(), null, 2)
    .replaceAll(/"(\w+)":/g, '$1:')
    .replaceAll('"', "'")
  const head =
    '/** contracts.sol compiled: creation code, and the selector of each function. Generated, with a test. */'
  await writeFile(target, `${head}\nexport const CONTRACTS = ${body} as const\n`)
}
