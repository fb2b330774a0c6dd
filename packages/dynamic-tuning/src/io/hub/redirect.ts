import { DownloadError } from '../../errors.ts'

/** An absolute address. @throws DownloadError if it is none, or not of http or https */
export function webAddress(text: string, base?: URL): URL {
  let url: URL | undefined
  try {
    url = new URL(text, base)
  } catch {
    url = undefined
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  const place = base === undefined ? text : `${base.origin}${base.pathname} redirects to ${text}, which`
  throw new DownloadError(`download: ${place} is no address of the web. Check HF_ENDPOINT.`)
}

/**
 * The address that a response redirects to.
 * @param location its header of this name
 * @throws DownloadError if it is missing or none, or would leave https for http, where anyone on the way
 * could read and change what is sent
 */
export function redirected(from: URL, location: string | null): URL {
  if (location === null)
    throw new DownloadError(
      `download: ${from.origin}${from.pathname} redirects without saying where to. Check HF_ENDPOINT.`,
    )
  const next = webAddress(location, from)
  if (from.protocol !== 'https:' || next.protocol === 'https:') return next
  throw new DownloadError(
    `download: ${from.origin}${from.pathname} redirects from https to ${next.origin}, which is not encrypted. Check HF_ENDPOINT.`,
  )
}
