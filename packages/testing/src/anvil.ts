/**
 * A real EVM node for tests and demos: Anvil, from the binaries of the npm package `@foundry-rs/anvil`.
 *
 * What Anvil does not do as other nodes do: a reorg drops transactions instead of putting them back into the pool, a
 * jump of the base fee evicts transactions, and a replacement may pay 5 % more where others want 10 %.
 */

export {
  type DeployErc20Options,
  type DeployedOutsider,
  type DeployedToken,
  deployErc20,
  deployOutsider,
} from './anvil/deploy.ts'
export {
  type MinedBlock,
  type ReorgTransaction,
  type RunningAnvil,
  type SendTransaction,
  type StartAnvilOptions,
  startAnvil,
} from './anvil/start.ts'
