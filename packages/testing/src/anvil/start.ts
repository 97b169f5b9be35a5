import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { createRpc, type Rpc } from './rpc.ts'

/** How an Anvil node is started. */
export interface StartAnvilOptions {
  /** Default: 31337. */
  readonly chainId?: number
  /** `manual`: a block is made by `mine()` and by nothing else. `auto`: one for each transaction. Default: manual. */
  readonly mining?: 'manual' | 'auto'
  /** `safe` is this many blocks behind `latest`, and `finalized` twice as many. Default: 4. */
  readonly slotsInAnEpoch?: number
  /** The port on 127.0.0.1. Default: a free one. */
  readonly port?: number
  /** Further arguments for Anvil, such as `['--base-fee', '0']`. */
  readonly args?: readonly string[]
}

/** A transaction for the new branch of a reorg: its signed bytes, and in which of the new blocks it is mined. */
export interface ReorgTransaction {
  readonly raw: string
  /** 0 is the lowest new block. Default: 0. */
  readonly block?: number
}

/** A block that was mined. */
export interface MinedBlock {
  readonly height: bigint
  readonly hash: string
}

/** A transaction for Anvil to sign and send, from one of its own accounts. */
export interface SendTransaction {
  /** One of `accounts`. Default: the first. */
  readonly from?: string
  readonly to?: string
  /** Native value in wei. Default: 0. */
  readonly value?: bigint
  /** Calldata, as hex text. */
  readonly data?: string
  /** Gas limit. Nothing is tried beforehand, so a transaction that will revert can be sent. Default: 1,000,000. */
  readonly gas?: bigint
}

/** A running Anvil node. */
export interface RunningAnvil {
  /** JSON-RPC over HTTP, such as `http://127.0.0.1:38211`. */
  readonly url: string
  readonly chainId: number
  /** Ten accounts with 10,000 of the native asset each, for which Anvil signs. Lower case. */
  readonly accounts: readonly string[]
  /** Calls one JSON-RPC method. @throws Error with the node's words. */
  rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T>
  /** Mines blocks, one by default, with what is in the pool; answers the last one. */
  mine(blocks?: number): Promise<MinedBlock>
  /**
   * Replaces the last `depth` blocks by as many new ones, which hold only the transactions given here; all others
   * are gone, from the pool too. One whose nonce does not follow is not mined. Answers the last new block.
   */
  reorg(depth: number, transactions?: readonly ReorgTransaction[]): Promise<MinedBlock>
  /** Sends from an account of Anvil; answers the hash. With `manual` mining nothing is mined yet. */
  send(transaction: SendTransaction): Promise<string>
  /** The signed bytes of a transaction, so that a reorg can mine it again. */
  rawTransaction(hash: string): Promise<string>
  /** Gives an address this much of the native asset, in wei, leaving no trace in any block. */
  setBalance(address: string, amount: bigint): Promise<void>
  /** Stops the node. Calling it again does nothing. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 30_000
/** Without a limit Anvil may set that of a whole block, and then drops what does not fit beside it. */
const DEFAULT_GAS = 1_000_000n

/** Anvil's packages, by Node's names of platform and processor. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-amd64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-amd64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-amd64',
}

/**
 * Starts an empty Anvil node on 127.0.0.1 and answers once it listens, in about 0.1 s.
 *
 * It ends by `stop()`, and also when this process ends in any other way. It does not keep this process alive.
 *
 * @throws Error when the package for this platform is missing or the node does not start.
 *
 * @example
 * const anvil = await startAnvil()
 * const token = await deployErc20(anvil, { decimals: 6 })
 * await token.mint(address, 25_000_000n)
 * await anvil.mine()
 * await anvil.stop()
 */
export async function startAnvil(options: StartAnvilOptions = {}): Promise<RunningAnvil> {
  const chainId = options.chainId ?? 31_337
  const { port, stop } = await run([
    ...['--port', String(options.port ?? 0), '--chain-id', String(chainId)],
    ...['--slots-in-an-epoch', String(options.slotsInAnEpoch ?? 4)],
    ...(options.mining === 'auto' ? [] : ['--no-mining']),
    ...(options.args ?? []),
  ])
  const url = `http://127.0.0.1:${port}`
  const rpc = createRpc(url)
  try {
    return { ...control(rpc), url, chainId, rpc, accounts: await rpc<string[]>('eth_accounts'), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Control = Pick<RunningAnvil, 'mine' | 'reorg' | 'send' | 'rawTransaction' | 'setBalance'>

function control(rpc: Rpc): Control {
  let sender: string | undefined
  const hex = (value: bigint | number) => `0x${value.toString(16)}`
  const last = async () => {
    const block = await rpc<{ number: string; hash: string }>('eth_getBlockByNumber', 'latest', false)
    return { height: BigInt(block.number), hash: block.hash }
  }
  return {
    async mine(blocks = 1) {
      await rpc('anvil_mine', hex(blocks))
      return last()
    },
    async reorg(depth, transactions = []) {
      const pairs = transactions.map(({ raw, block }) => [raw, block ?? 0])
      await rpc('anvil_reorg', depth, pairs)
      return last()
    },
    async send({ from, value = 0n, gas = DEFAULT_GAS, ...rest }) {
      sender ??= (await rpc<string[]>('eth_accounts'))[0]
      return rpc('eth_sendTransaction', { from: from ?? sender, value: hex(value), gas: hex(gas), ...rest })
    },
    rawTransaction: (hash) => rpc('eth_getRawTransactionByHash', hash),
    async setBalance(address, amount) {
      await rpc('anvil_setBalance', address, hex(amount))
    },
  }
}

function findBinary(): string {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (name === undefined) throw new Error(`There is no Anvil for ${process.platform} on ${process.arch}.`)
  const wrapper = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json')
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  return createRequire(wrapper).resolve(`@foundry-rs/anvil-${name}/bin/${file}`)
}

/**
 * Runs Anvil below a small shell that ends it when its own standard input closes, which the system does when this
 * process ends however it ends. Windows has no such shell: there Anvil runs directly.
 */
function run(args: readonly string[]): Promise<{ port: number; stop: () => Promise<void> }> {
  const guard = '"$0" "$@" <&- & node=$!; exec >&- 2>&-; read -r _; kill $node; wait $node'
  const [command, rest] =
    process.platform === 'win32' ? [findBinary(), args] : ['/bin/sh', ['-c', guard, findBinary(), ...args]]
  const child = spawn(command, rest, { detached: process.platform !== 'win32', stdio: 'pipe' })
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let stopping: Promise<void> | undefined
  const end = async () => {
    child.ref()
    if (process.platform === 'win32') child.kill(constants.signals.SIGTERM)
    child.stdin.end()
    await ended
  }
  const stop = () => {
    stopping ??= end()
    return stopping
  }
  return new Promise((resolve, reject) => {
    let log = ''
    const fail = (why: string) => stop().then(() => reject(new Error(`Anvil did not start: ${why}\n${log}`)))
    const timer = setTimeout(() => fail(`no answer in ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    child.once('error', (error) => fail(error.message))
    child.stdout.once('end', () => fail('it ended'))
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log = `${log}${chunk}`.slice(-4_000)
        const port = /Listening on [\d.]+:(\d+)/.exec(log)?.[1]
        if (port === undefined) return
        clearTimeout(timer)
        for (const handle of [child, child.stdin, child.stdout, child.stderr]) unref(handle)
        resolve({ port: Number.parseInt(port, 10), stop })
      })
    }
  })
}

/** Lets this process end while the handle is open. */
function unref(handle: object): void {
  ;(handle as { unref?(): void }).unref?.()
}
