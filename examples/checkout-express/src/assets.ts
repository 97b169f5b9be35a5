/** The two files that pages load, read once. */
import { readFileSync } from 'node:fs'

const read = (name: string) => readFileSync(new URL(`./public/${name}`, import.meta.url), 'utf8')

/** Files by name. */
export const ASSETS: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {
  'live.js': { type: 'text/javascript; charset=utf-8', body: read('live.js') },
  'shop.css': { type: 'text/css; charset=utf-8', body: read('shop.css') },
}
