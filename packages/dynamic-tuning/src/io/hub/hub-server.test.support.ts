import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Faults of the server's next responses to downloads of large files, the first entry first. */
export type Fault =
  /**
   * Closes the connection after this many bytes of the body, once the client has confirmed them (`arrived`).
   */
  | { readonly cutAfter: number }
  /** Sends the first bytes, then nothing. */
  | { readonly hangAfter: number }
  /** Answers with this status. */
  | { readonly status: number }
  /** Sends another byte in place of the one at this offset. */
  | { readonly flip: number }
  /** Sends all bytes whatever range was asked for. */
  | { readonly ignoreRange: true }
  /** Sends bytes from elsewhere than was asked. */
  | { readonly wrongRange: true }

/**
 * A server that answers like the hub for one repository; large files are on another
 * host, which accepts no token.
 */
export interface HubServer {
  readonly endpoint: string
  readonly commit: string
  /** `METHOD PATH range` of every request. */
  readonly requests: string[]
  readonly faults: Fault[]
  /** Confirms that the client has this many bytes of a file; connections to be cut there are closed. */
  arrived(bytes: number): void
  /** True if a token was sent to the host of the large files. */
  leaked: boolean
  close(): Promise<void>
}

/** Options of the server. */
export interface HubServerOptions {
  readonly repo?: string
  readonly commit?: string
  /** Files above this size have a SHA-256 and are on the other host. Default 100 bytes. */
  readonly largeFrom?: number
  /** Token that requests must have. */
  readonly token?: string
  /** Response to requests without it. */
  readonly refusal?: { readonly status: number; readonly code: string }
  /** Wrong hashes to report, by file. */
  readonly hashes?: Readonly<Record<string, string>>
  /** Milliseconds between pieces of 64 KB. */
  readonly slow?: number
}

/** Starts a server for these files. */
export async function serveHub(
  files: Readonly<Record<string, Uint8Array>>,
  options: HubServerOptions = {},
): Promise<HubServer> {
  const { commit = 'c0ffee'.padEnd(40, '0'), repo = 'owner/name' } = options
  const state = { requests: [] as string[], faults: [] as Fault[], leaked: false, commit }
  const cuts: Cut[] = []
  const arrived = (bytes: number): void => {
    for (const cut of cuts.filter(({ at }) => at <= bytes)) cut.response.destroy()
  }
  const elsewhere = createServer((request, response) => {
    note(state.requests, request)
    if (request.headers.authorization !== undefined) state.leaked = true
    void sendFile(request, response, files[decodeURIComponent(request.url?.slice(1) ?? '')], {
      fault: state.faults.shift(),
      cuts,
      slow: options.slow ?? 0,
    })
  })
  const store = await listening(elsewhere)
  const hub = createServer((request, response) => {
    note(state.requests, request)
    const refusal = refusalOf(request, options)
    if (refusal) return void refuse(response, refusal)
    const path = request.url ?? ''
    if (path.startsWith(`/api/models/${repo}/revision/`)) return void describe(response, files, state, path)
    const name = path.slice(`/${repo}/resolve/${commit}/`.length)
    const file = path.startsWith(`/${repo}/resolve/${commit}/`) ? files[name] : undefined
    if (file === undefined) return void refuse(response, { status: 404, code: 'EntryNotFound' })
    serveResolved(request, response, { name, file, store, options })
  })
  const endpoint = await listening(hub)
  const close = async (): Promise<void> => {
    for (const server of [hub, elsewhere]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  return Object.assign(state, { endpoint, close, arrived })
}

/** A connection to be closed when the client has the bytes up to `at`. */
interface Cut {
  readonly at: number
  readonly response: ServerResponse
}

/** The hash that the hub reports: SHA-256 of large files, Git's SHA-1 of small ones. */
export function hubHash(file: Uint8Array, largeFrom = 100): string {
  return file.length > largeFrom
    ? createHash('sha256').update(file).digest('hex')
    : createHash('sha1').update(`blob ${file.length}\0`).update(file).digest('hex')
}

interface Resolved {
  readonly name: string
  readonly file: Uint8Array
  readonly store: string
  readonly options: HubServerOptions
}

function serveResolved(request: IncomingMessage, response: ServerResponse, resolved: Resolved): void {
  const { name, file, store, options } = resolved
  const hash = options.hashes?.[name] ?? hubHash(file, options.largeFrom)
  response.setHeader('x-repo-commit', options.commit ?? '')
  if (file.length > (options.largeFrom ?? 100)) {
    response.setHeader('x-linked-etag', `"${hash}"`)
    response.setHeader('x-linked-size', file.length)
    response.setHeader('etag', '"of-the-pointer"')
    response.writeHead(302, { location: `${store}/${name}` }).end()
    return
  }
  response.setHeader('etag', `W/"${hash}"`)
  response.writeHead(200, { 'content-length': file.length })
  response.end(request.method === 'HEAD' ? undefined : file)
}

function describe(
  response: ServerResponse,
  files: Readonly<Record<string, Uint8Array>>,
  { commit }: { readonly commit: string },
  path: string,
): void {
  if (path.endsWith('/nowhere')) {
    refuse(response, { status: 404, code: 'RevisionNotFound' })
    return
  }
  const siblings = Object.keys(files).map((rfilename) => ({ rfilename }))
  response.end(JSON.stringify({ id: 'owner/name', sha: commit, siblings }))
}

function refusalOf(
  { headers, url = '' }: IncomingMessage,
  { repo = 'owner/name', token, refusal }: HubServerOptions,
) {
  if (!url.includes(`/${repo}/`)) return { status: 401, code: 'RepoNotFound' }
  if (token === undefined || headers.authorization === `Bearer ${token}`) return undefined
  return refusal ?? { status: 401, code: 'GatedRepo' }
}

function refuse(
  response: ServerResponse,
  { status, code }: { readonly status: number; readonly code: string },
): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': `refused: ${code}` }).end()
}

interface Sending {
  readonly fault: Fault | undefined
  readonly cuts: Cut[]
  readonly slow: number
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array | undefined,
  { fault, cuts, slow }: Sending,
): Promise<void> {
  if (file === undefined) return void response.writeHead(404).end()
  if (fault && 'status' in fault) return void response.writeHead(fault.status).end()
  const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (asked >= file.length && asked > 0) return void response.writeHead(416).end()
  const start = fault && 'ignoreRange' in fault ? 0 : asked
  const told = fault && 'wrongRange' in fault ? start + 1 : start
  const body = Buffer.from(file.subarray(start))
  if (fault && 'flip' in fault) body[fault.flip - start] = (body[fault.flip - start] as number) ^ 1
  response.setHeader('content-length', body.length)
  if (start > 0) response.setHeader('content-range', `bytes ${told}-${file.length - 1}/${file.length}`)
  response.writeHead(start > 0 ? 206 : 200)
  if (fault && 'hangAfter' in fault) return void response.write(body.subarray(0, fault.hangAfter))
  if (fault && 'cutAfter' in fault) {
    if (fault.cutAfter === 0) return void response.destroy()
    cuts.push({ at: start + fault.cutAfter, response })
    return void response.write(body.subarray(0, fault.cutAfter))
  }
  for (let at = 0; slow > 0 && at < body.length; at += 65536) {
    response.write(body.subarray(at, at + 65536))
    await new Promise((resolve) => setTimeout(resolve, slow))
  }
  response.end(slow > 0 ? undefined : body)
}

function note(requests: string[], { method, url, headers }: IncomingMessage): void {
  requests.push(`${method} ${url}${headers.range ? ` ${headers.range}` : ''}`)
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
