import { readFileSync } from 'node:fs'

/** Version of this library from its package.json; `src` and `dist` are at the same depth. */
export function libraryVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
