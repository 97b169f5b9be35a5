export { type CreateKeystoreOptions, createKeystore, saveKeystore } from './create.ts'
export type { KeystoreJson, KeystoreKdf } from './format.ts'
export { type KeystoreProvider, type LocalKeystoreOptions, localKeystore } from './keystore.ts'
