import { efi } from '@lastro/adapter-pix-efi'
import { createLastro, Money } from '@lastro/core'
import { createCertificates, createFakeEfi } from '@lastro/testing/efi'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { expect, test } from 'vitest'

eachDatabase((db) => {
  test('a lost answer does not pay twice', async () => {
    const bank = createFakeEfi({ clock: db.clock, requireWebhook: false })
    const { client: certificate } = await createCertificates()
    const lastro = createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: {
        efi: efi({
          environment: 'homologation',
          ...bank.credentials,
          certificate,
          pixKey: bank.keys[0] ?? '',
          webhook: { mode: 'hmac', secrets: ['a-secret-of-the-tests'] },
          fetch: bank.fetch,
          clock: db.clock,
        }),
      },
    })
    await lastro.migrate()
    bank.faults.next('pix.send', 'drop_after_effect')

    const { id } = await lastro.payouts.create({
      provider: 'efi',
      amount: Money.parse('12.34', 'BRL/2'),
      destination: { kind: 'pix_key', key: 'maria@example.com' },
      idempotencyKey: 'order-1',
    })
    await lastro.tick()
    expect((await lastro.payouts.get(id)).state).toBe('unknown')

    for (let round = 0; round < 5; round += 1) {
      await db.clock.advance(2_000)
      await lastro.tick()
    }
    expect(await lastro.payouts.get(id)).toMatchObject({ state: 'paid', attempts: 1 })
    expect(bank.sent.map(({ amount }) => amount)).toEqual([1234n])
  })
})
