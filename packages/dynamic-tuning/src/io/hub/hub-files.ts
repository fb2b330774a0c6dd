import { z } from 'zod'
import { DownloadError } from '../../errors.ts'
import { parseJson } from '../parse-json.ts'
import { weightFiles } from '../weights-in.ts'
import { type HubName, hubNameText } from './hub-name.ts'
import { causeOf, hubFetch, TransientError } from './hub-request.ts'
import type { HubSettings } from './hub-settings.ts'
import { type StallControl, type StallTimer, stallTimer } from './stall-timer.ts'

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
  control: StallControl = {},
): Promise<HubRepo> {
  const { repo, revision } = name
  const url = `${settings.endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}`
  const text = await silentAfter(control, async (stall) => {
    const response = await hubFetch(settings, { url, signal: stall.signal })
    return textOf(url, response, stall)
  })
  const result = schema.safeParse(jsonOf(text))
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
  control: StallControl = {},
): Promise<HubFile> {
  const url = `${settings.endpoint}/${repo}/resolve/${commit}/${file}`
  const { headers } = await silentAfter(control, ({ signal }) =>
    hubFetch(settings, { url, method: 'HEAD', elsewhere: false, signal }),
  )
  const tag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '')
    .replace(/^W\//, '')
    .replaceAll('"', '')
  const digits = headers.get('x-linked-size') ?? headers.get('content-length') ?? ''
  const size = /^\d+$/.test(digits) ? Number(digits) : Number.NaN
  if (/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(tag) && Number.isSafeInteger(size))
    return { url, size, hash: tag }
  throw new DownloadError(
    `download: ${url} tells no hash and size, got etag "${tag}" and the size "${digits}". Check HF_ENDPOINT.`,
  )
}

/** Limit for the description of a repository, in bytes; one of thousands of files takes 1 MB. */
const mostText = 32 * 2 ** 20

/** Runs a request that is ended if it becomes silent. */
async function silentAfter<T>(control: StallControl, request: (stall: StallTimer) => Promise<T>): Promise<T> {
  const stall = stallTimer(control)
  try {
    return await request(stall)
  } finally {
    stall.stop()
  }
}

async function textOf(url: string, response: Response, stall: StallTimer): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const piece of response.body ?? []) {
      stall.alive()
      pieces.push(piece)
      length += piece.length
      if (length > mostText) break
    }
  } catch (error) {
    throw new TransientError(`the connection to ${url} was cut, got ${causeOf(error)}`)
  }
  if (length <= mostText) return Buffer.concat(pieces).toString('utf8')
  throw new DownloadError(
    `download: ${url} answers with more than ${mostText} bytes to describe a repository. Check HF_ENDPOINT.`,
  )
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
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
