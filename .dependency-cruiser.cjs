'use strict'
// Who may import whom. `scripts/rules.test.ts` plants a violation of every rule below and expects it to be caught.

const SHELVES = ['spec', 'platform', 'books', 'rails', 'products', 'operations', 'surfaces', 'engine']
const CORE = '^packages/core/src/'
const SPEC = '^packages/core/src/spec/index\\.ts$'
const STORAGE = '^packages/core/src/storage\\.ts$'
const KIT = '^packages/adapter-kit/src/index\\.ts$'
/** Packages of plain functions, which adapters may use as they use the kit. */
const LIBRARIES = '^packages/(br-code)/src/index\\.ts$'
const VENDORED = ['zod', 'cockatiel', 'uuidv7']

const SHELF = `${CORE}(${SHELVES.join('|')})/`
const DOMAINS = SHELVES.filter((shelf) => shelf !== 'spec').join('|')
const TESTS = '(\\.test\\.ts$)|(/test/)|(/fixtures/)'
const vendor = (names) => `(^|/)node_modules/(${names.join('|')})(/|$)`

/** A rule about `from`, which is not about tests. */
// tidy-allow: parameters a name, and the two halves of the rule
const rule = (name, from, to) => ({
  name,
  severity: 'error',
  from: { ...from, pathNot: [TESTS, ...(from.pathNot ?? [])] },
  to,
})

const looksUp = SHELVES.slice(0, -1).map((shelf, index) =>
  rule(
    `core-${shelf}-looks-up`,
    { path: `${CORE}${shelf}/` },
    { path: `${CORE}(${SHELVES.slice(index + 1).join('|')})/` },
  ),
)

const insideCore = [
  rule(
    'core-siblings-do-not-meet',
    { path: `${CORE}(books|rails|products|operations|surfaces)/([^/]+)/` },
    { path: `${CORE}$1/`, pathNot: `${CORE}$1/$2/` },
  ),
  rule(
    'core-domain-by-its-index',
    { path: `${CORE}([^/]+)/([^/]+)/` },
    { path: `${CORE}(${DOMAINS})/[^/]+/`, pathNot: [`${CORE}$1/$2/`, '/index\\.ts$'] },
  ),
  rule(
    'core-shelf-file-by-index',
    { path: `${CORE}[^/]+/[^/]+\\.ts$` },
    { path: `${CORE}(${DOMAINS})/[^/]+/`, pathNot: '/index\\.ts$' },
  ),
  rule(
    'core-front-by-index-or-store',
    { path: `${CORE}[^/]+\\.ts$` },
    { path: `${CORE}(${DOMAINS})/[^/]+/`, pathNot: ['/index\\.ts$', '/store\\.ts$'] },
  ),
  rule(
    'core-shelf-looks-at-front',
    { path: SHELF, pathNot: [`${CORE}engine/`] },
    { path: `${CORE}[^/]+\\.ts$` },
  ),
  rule('core-engine-looks-at-front', { path: `${CORE}engine/` }, { path: `${CORE}index\\.ts$` }),
  rule('core-spec-imports-nothing', { path: `${CORE}spec/` }, { pathNot: `${CORE}spec/` }),
  rule(
    'core-vendors',
    { path: CORE },
    {
      dependencyTypesNot: ['core'],
      couldNotResolve: false,
      pathNot: ['^packages/core/src/', vendor(VENDORED)],
    },
  ),
  rule(
    'core-node-only-in-one-file',
    { path: CORE, pathNot: [`${CORE}platform/node\\.ts$`] },
    { dependencyTypes: ['core'] },
  ),
  rule(
    'core-node-file-only-crypto-and-async-hooks',
    { path: `${CORE}platform/node\\.ts$` },
    { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|async_hooks)$' },
  ),
]

const betweenPackages = [
  rule(
    'adapter-only-spec-and-kit',
    { path: '^packages/(adapter-(?!kit/)[^/]+)/src/' },
    { path: '^(packages|examples|scripts)/', pathNot: ['^packages/$1/', SPEC, KIT, LIBRARIES] },
  ),
  rule(
    'library-only-spec',
    { path: '^packages/(br-code)/src/' },
    { path: '^(packages|examples|scripts)/', pathNot: ['^packages/$1/', SPEC] },
  ),
  rule(
    'kit-only-spec',
    { path: '^packages/adapter-kit/src/' },
    { path: '^(packages|examples|scripts)/', pathNot: ['^packages/adapter-kit/', SPEC] },
  ),
  rule(
    'storage-only-spec-and-storage',
    { path: '^packages/(storage-[^/]+)/src/' },
    { path: '^(packages|examples|scripts)/', pathNot: ['^packages/$1/', SPEC, STORAGE] },
  ),
  rule('packages-do-not-import-examples', { path: '^packages/' }, { path: '^(examples|scripts)/' }),
  rule('no-unresolvable', {}, { couldNotResolve: true }),
]

const noCycles = { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } }

module.exports = {
  forbidden: [...looksUp, ...insideCore, ...betweenPackages, noCycles],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['@lastro/source', 'node', 'import', 'types', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
}
