/** What is asked, and what the fake answers, against the OpenRPC document of stellar-rpc 27.1.1, where it is at hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { NATIVE, of, start } from './stellar-world.ts'

interface Method {
  readonly name: string
  readonly params: readonly { readonly name: string; readonly schema: object }[]
  readonly result: { readonly schema: object }
}

const FOLDER = process.env['LASTRO_SPECS'] ?? join(import.meta.dirname, '../../../../shared/providers/specs')
const FILE = join(FOLDER, 'stellar-rpc-27.1.1.openrpc.json')
const isThere = existsSync(FILE)
if (!isThere) console.warn(`Skipped: ${FILE} is not there.`)

it.skipIf(!isThere)('keeps to the OpenRPC document', async () => {
  const { methods } = JSON.parse(readFileSync(FILE, 'utf8')) as { methods: readonly Method[] }
  const ajv = new Ajv({ strict: false })
  const { node, source } = start()
  const first = node.latest
  node.emit([
    { contract: NATIVE, topics: ['AAAAAQ=='] },
    { contract: NATIVE, name: 'mint' },
  ])
  await source.range()
  const page = await source.read({
    filter: { contracts: [NATIVE], names: ['transfer'] },
    after: { ledger: first },
  })
  if (page.kind !== 'page') throw new Error(page.kind)
  await source.read({ filter: of(NATIVE), after: { cursor: page.cursor }, limit: 7 })
  const checked = new Set<string>()
  for (const { method, params, answer } of node.calls) {
    const described = methods.find(({ name }) => name === method)
    if (described === undefined) throw new Error(`no method ${method}`)
    const fields = params as Record<string, unknown>
    for (const [name, value] of Object.entries(fields)) {
      const schema = described.params.find((param) => param.name === name)?.schema
      if (schema === undefined) throw new Error(`${method} takes no ${name}`)
      expect(ajv.validate(schema, value), ajv.errorsText()).toBe(true)
    }
    const { result } = answer as { result: Record<string, unknown> }
    expect(ajv.validate(described.result.schema, result), ajv.errorsText()).toBe(true)
    const known = (described.result.schema as { properties: object }).properties
    expect(Object.keys(known)).toEqual(expect.arrayContaining(Object.keys(result)))
    checked.add(method)
  }
  expect([...checked].sort()).toEqual(['getEvents', 'getHealth', 'getNetwork'])
})
