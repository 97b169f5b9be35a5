// Runs the import rules of .dependency-cruiser.cjs.
import { createRequire } from 'node:module'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { root, startedDirectly } from './tree.ts'

const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs')

/** How many modules the rules have seen in a tree, and one line per violation. */
export async function checkImports(baseDir: string): Promise<{ modules: number; violations: string[] }> {
  const { tsConfig: _, enhancedResolveOptions, ...rest } = options
  const result = await cruise(
    ['packages', 'examples'],
    { ...rest, baseDir, validate: true, ruleSet: { forbidden } },
    enhancedResolveOptions,
  )
  const { summary } = result.output as ICruiseResult
  const violations = summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(' -> ') : to
    return `${from}: ${rule.name}: imports ${path}`
  })
  return { modules: summary.totalCruised, violations }
}

if (startedDirectly(import.meta.filename)) {
  const { modules, violations } = await checkImports(root)
  // With a compiler it does not know, the tool reads no TypeScript and finds nothing wrong.
  if (modules < 20) throw new Error(`Only ${modules} modules were read: the tool cannot see the sources.`)
  console.log(violations.join('\n') || `${modules} modules`)
  process.exitCode = violations.length > 0 ? 1 : 0
}
