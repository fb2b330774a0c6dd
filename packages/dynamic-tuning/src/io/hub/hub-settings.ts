import { homedir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../errors.ts'
import { isFile, readText } from '../regular-file.ts'

/** Where models are downloaded from and to; read from the same variables as by Hugging Face's own tools. */
export interface HubSettings {
  /** `HF_ENDPOINT`, default https://huggingface.co. */
  readonly endpoint: string
  /** Download folder: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, default ~/.cache/huggingface/hub. */
  readonly cache: string
  /** `HF_HUB_OFFLINE`: True to use only files in the cache. */
  readonly offline: boolean
  /** `HF_TOKEN`, or the contents of the file that `hf auth login` writes. */
  readonly token: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the settings from the environment. */
export function hubSettings(environment: Environment = process.env): HubSettings {
  const { HF_ENDPOINT, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HUB_OFFLINE = '' } = environment
  const endpoint = (HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '')
  return {
    endpoint,
    cache: HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(homeOf(environment), 'hub'),
    offline: /^(?:1|true|yes|on)$/i.test(HF_HUB_OFFLINE),
    token: tokenOf(environment),
  }
}

function homeOf({ HF_HOME, XDG_CACHE_HOME }: Environment): string {
  return HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface')
}

function tokenOf(environment: Environment): string | undefined {
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH } = environment
  const given = HF_TOKEN || HUGGING_FACE_HUB_TOKEN
  if (given) return checkedToken(given.trim())
  const path = HF_TOKEN_PATH || join(homeOf(environment), 'token')
  return isFile(path)
    ? checkedToken(readText(path, 'download', ConfigError, 10_000).trim()) || undefined
    : undefined
}

/** A token as it is. @throws ConfigError without quoting it, if it cannot stand in a header */
function checkedToken(token: string): string {
  if (/^[\x21-\x7e]*$/.test(token)) return token
  throw new ConfigError(
    'download: the token holds blanks, line breaks or other characters that no token has. Check HF_TOKEN or the file of hf auth login.',
  )
}
