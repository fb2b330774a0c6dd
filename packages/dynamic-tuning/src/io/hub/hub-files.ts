import { z } from 'zod'
import { DownloadError } from '../../errors.ts'
import { weightFiles } from '../weights-in.ts'
import { type HubName, hubNameText } from './hub-name.ts'
import { hubFetch } from './hub-request.ts'
import type { HubSettings } from './hub-settings.ts'

/** A repository at one commit. */
export interface HubRepo {
  readonly commit: string
  readonly files: readonly string[]
}

/** What the hub tells about a file before it is downloaded. */
export interface HubFile {
  readonly url: string
  /** In bytes. */
  readonly size: number
  /** Hexadecimal: SHA-256 of a large file, Git's SHA-1 of a small one. */
  readonly hash: string
}

const schema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(z.looseObject({ rfilename: z.string() })),
})

/** Commit and files of a repository. @throws DownloadError or TransientError as `hubFetch` */
export async function describeRepo(
  settings: HubSettings,
  name: HubName,
  signal?: AbortSignal,
): Promise<HubRepo> {
  const { repo, revision } = name
  const url = `${settings.endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}`
  const response = await hubFetch(settings, { url, signal })
  const result = schema.safeParse(await response.json().catch(() => undefined))
  if (!result.success)
    throw new DownloadError(`download: ${url} does not describe a repository. Check HF_ENDPOINT.`)
  return { commit: result.data.sha, files: result.data.siblings.map(({ rfilename }) => rfilename) }
}

/** Size and hash of a file. @throws DownloadError or TransientError as `hubFetch` */
export async function describeFile(
  settings: HubSettings,
  { repo }: HubName,
  commit: string,
  file: string,
  signal?: AbortSignal,
): Promise<HubFile> {
  const url = `${settings.endpoint}/${repo}/resolve/${commit}/${file}`
  const { headers } = await hubFetch(settings, { url, method: 'HEAD', elsewhere: false, signal })
  const tag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '')
    .replace(/^W\//, '')
    .replaceAll('"', '')
  const size = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? Number.NaN)
  if (/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(tag) && Number.isSafeInteger(size))
    return { url, size, hash: tag }
  throw new DownloadError(
    `download: ${url} tells no hash and size, got etag "${tag}" and ${size} bytes. Check HF_ENDPOINT.`,
  )
}

/** Chooses the weight file to download. @throws DownloadError if the repository has none that can be read */
export function chooseWeights(name: HubName, files: readonly string[]): (typeof weightFiles)[number] {
  const chosen = weightFiles.find((file) => files.includes(file))
  if (chosen !== undefined) return chosen
  const others = files.filter((file) => /\.(?:safetensors|bin|h5|msgpack|onnx|pth?|npz|gguf)$/.test(file))
  throw new DownloadError(
    `download: ${hubNameText(name)} has none of ${weightFiles.join(', ')}, got ${others.slice(0, 8).join(', ') || 'no weights'}. Choose another repository.`,
  )
}
