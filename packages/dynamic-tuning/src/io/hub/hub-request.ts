import { DownloadError } from '../../errors.ts'
import type { HubSettings } from './hub-settings.ts'
import { redirected, webAddress } from './redirect.ts'

/** A request to the hub. */
export interface HubRequest {
  /** An absolute address. */
  readonly url: string
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /**
   * True to follow redirects to other hosts, which store the large files; false to return the
   * redirect itself. Default true.
   */
  readonly elsewhere?: boolean
}

/** A failure that may disappear on the next try: no connection, a cut one, a busy server. */
export class TransientError extends Error {
  override name = 'TransientError'
}

const mostRedirects = 8

/**
 * Sends a request; the token is sent only to the hub, not to hosts that it redirects to, and no redirect may
 * leave https.
 * @returns a response with a status from 200 to 299; 416 if a range was asked for; a redirect to another host
 * without `elsewhere`
 * @throws TransientError if trying again may help; otherwise DownloadError, saying what to do
 */
export async function hubFetch(
  settings: Pick<HubSettings, 'endpoint' | 'token'>,
  request: HubRequest,
): Promise<Response> {
  const { method = 'GET', headers = {}, signal, elsewhere = true } = request
  const home = webAddress(settings.endpoint).origin
  let url = webAddress(request.url)
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const token: Record<string, string> =
      url.origin === home && settings.token ? { authorization: `Bearer ${settings.token}` } : {}
    const options = { method, redirect: 'manual', ...(signal && { signal }) } as const
    const sent = { 'accept-encoding': 'identity', 'user-agent': 'dynamic-tuning', ...headers, ...token }
    const response = await answerOf(url, fetch(url, { ...options, headers: sent }))
    if (response.status < 300 || response.status >= 400)
      return accepted(url, response, { ...settings, ranged: 'range' in headers })
    await response.body?.cancel()
    const next = redirected(url, response.headers.get('location'))
    if (next.origin !== url.origin && !elsewhere) return response
    url = next
  }
  throw new DownloadError(`download: ${request.url} redirects without end. Check HF_ENDPOINT.`)
}

async function answerOf(url: URL, answer: Promise<Response>): Promise<Response> {
  try {
    return await answer
  } catch (error) {
    const failed = new TransientError(`cannot reach ${url.origin}, got ${causeOf(error)}`)
    // An unknown host is not transient: most likely there is no network.
    throw causeOf(error).includes('ENOTFOUND') ? givenUp(failed) : failed
  }
}

/** The final error of a download that failed with `error`. */
export function givenUp(error: TransientError): DownloadError {
  return new DownloadError(
    `download: ${error.message}. Check the network and HF_ENDPOINT, or name a file of weights instead.`,
  )
}

/** The cause behind fetch's "fetch failed". */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  return cause.message || code || cause.name
}

async function accepted(
  url: URL,
  response: Response,
  { token, ranged }: Pick<HubSettings, 'token'> & { readonly ranged: boolean },
): Promise<Response> {
  const { status, headers } = response
  if (status < 400 || (status === 416 && ranged)) return response
  await response.body?.cancel()
  const place = `${url.origin}${url.pathname}`
  const reason = headers.get('x-error-message') ?? headers.get('x-error-code') ?? response.statusText
  if (status === 429 || status >= 500)
    throw new TransientError(`${place} answered ${status} ${reason}`.trim())
  throw new DownloadError(
    `download: ${place} answered ${status} ${reason}. ${advice(status, headers, token)}`,
  )
}

function advice(status: number, headers: Headers, token: string | undefined): string {
  const code = headers.get('x-error-code')
  if (code === 'GatedRepo')
    return token
      ? "Accept the model's terms on its page with the account of this token."
      : "Accept the model's terms on its page, and set HF_TOKEN to a token of that account."
  if (code === 'RevisionNotFound') return 'There is no such revision: check what follows the @.'
  if (status === 401 || status === 403 || code === 'RepoNotFound')
    return token
      ? 'There is no such repository, or the token may not read it: check the name and HF_TOKEN.'
      : 'There is no such repository, or it is private: check the name, or set HF_TOKEN.'
  return 'Check the name of the repository.'
}
