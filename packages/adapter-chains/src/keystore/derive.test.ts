import { expect, test } from 'vitest'
import { vectors } from '../../test/vectors.ts'
import { deriveEd25519 } from './derive.ts'

test.each(vectors.slip10)('SLIP-10 ed25519 vector $path', ({ seed, path, publicKey }) => {
  const pair = deriveEd25519(Buffer.from(seed, 'hex'), path)
  // The vectors put 00 before ed25519 keys, to give them the length of the other curve's.
  expect(`00${Buffer.from(pair.publicKey).toString('hex')}`).toBe(publicKey)
})
