import { ASSETS, type Finality, NETWORKS, type Network } from '../../packages/core/src/index.ts'
import { code, type GeneratedPage, page, table } from './markdown.ts'

function finalityOf(rule: Finality): string {
  if (rule.by === 'depth') return `${rule.blocks} blocks`
  return `the node's \`${rule.tag}\` block; without that tag, ${rule.fallbackBlocks} blocks`
}

const all: readonly Network[] = Object.values(NETWORKS)

function networkRow(network: Network): string[] {
  const { id, name, caip2, nativeAsset, finality, explorerUrl } = network
  return [code(id), name, code(caip2), code(nativeAsset), finalityOf(finality), explorerUrl ?? '']
}

function assetsOf({ id, name }: Network): string {
  const rows = ASSETS.filter((row) => row.network === id).map(({ asset, symbol, contract }) => [
    code(asset),
    symbol,
    contract === null ? 'native' : code(contract),
  ])
  return `### ${name}\n\n${table(['Asset', 'Symbol', 'Contract'], rows)}`
}

/** The tables of networks and of what is accepted on each. */
export const networksAndAssets: GeneratedPage = {
  path: 'docs/reference/networks-and-assets.md',
  render: () =>
    page(
      'Networks and assets',
      'A deposit counts as certain once its block is final by the rule of its network. An option of the chain provider replaces the rule, and `onchain.chains.<name>.finality` adds a second one that must be met as well.',
      table(['Id', 'Name', 'CAIP-2', 'Native asset', 'Final', 'Explorer'], all.map(networkRow)),
      '## Assets',
      'An asset carries its scale: the number after the slash is its decimal places. A token is accepted by its exact contract, never by its symbol; `tokens` of a chain provider replaces the list.',
      ...all.map(assetsOf),
    ),
}
