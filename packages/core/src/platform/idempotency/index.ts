export { once } from './once.ts'
export type { IdempotencyStore } from './store.ts'
