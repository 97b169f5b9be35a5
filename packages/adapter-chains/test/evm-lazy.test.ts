import { createRequire } from 'node:module'
import { evm } from '@lastro/adapter-chains/evm'
import { localKeystore } from '@lastro/adapter-chains/keystore'
import { expect, test } from 'vitest'

test('ethers is loaded at its first use, and not at start-up', () => {
  const { cache } = createRequire(import.meta.url)
  const loaded = () => Object.keys(cache).some((file) => /[\\/]ethers[\\/]/.test(file))
  const { chain } = evm({ network: 'polygon', rpcUrl: 'http://127.0.0.1:1' })
  localKeystore({ file: 'nowhere.json', passphrase: 'only for tests' })
  expect(loaded()).toBe(false)
  chain.parseAddress('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed')
  expect(loaded()).toBe(true)
})
