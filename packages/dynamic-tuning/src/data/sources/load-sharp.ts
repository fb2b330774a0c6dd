import { createRequire } from 'node:module'

let loaded: typeof import('sharp').default | undefined

/** sharp, which decodes images: loaded at its first use, as its native part slows the start of commands. */
export function loadSharp(): typeof import('sharp').default {
  if (loaded) return loaded
  const sharp: typeof import('sharp').default = createRequire(import.meta.url)('sharp')
  sharp.concurrency(1)
  sharp.cache(false)
  loaded = sharp
  return sharp
}
