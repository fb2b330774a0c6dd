import { existsSync } from 'node:fs'
import { type HubName, parseHubName } from './hub/hub-name.ts'
import { weightEndings } from './weights-in.ts'

/** The meanings of a model name. */
export type WeightsPlace =
  | { readonly kind: 'builtin' }
  /** A file of weights or a folder with one; it need not be there. */
  | { readonly kind: 'path'; readonly path: string }
  /** A repository of the Hugging Face hub. */
  | { readonly kind: 'hub'; readonly name: HubName }
  /** timm's name of a model, without weights. */
  | { readonly kind: 'named'; readonly name: string }

/**
 * Decides what a model name means: `builtin`; an existing file or folder; a repository (`owner/name`, also
 * after `hf:`); a missing path, recognised by its separators or ending; otherwise a model name of timm.
 * @throws ConfigError if `hf:` stands before anything but a repository
 */
export function placeOfModel(text: string): WeightsPlace {
  if (text === 'builtin') return { kind: 'builtin' }
  if (existsSync(text)) return { kind: 'path', path: text }
  const looksLikeFile = weightEndings.test(text)
  const name = looksLikeFile ? undefined : parseHubName(text)
  if (name) return { kind: 'hub', name }
  return looksLikeFile || /[\\/]/.test(text) ? { kind: 'path', path: text } : { kind: 'named', name: text }
}
