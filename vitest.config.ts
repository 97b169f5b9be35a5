import { defineConfig } from 'vitest/config'
import { testOrder } from './scripts/test-order.ts'

// Tests run on the sources of every package, not on what was built. Vitest hands these conditions to Node for
// `require` as well, so `import` and `module` must not be among them.
const conditions = ['@lastro/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      '{packages,examples}/*/{src,test}/**/*.test.ts',
      'packages/*/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    globalSetup: ['scripts/test-postgres.ts'],
    maxWorkers: 2,
    sequence: { sequencer: testOrder },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    passWithNoTests: true,
  },
})
