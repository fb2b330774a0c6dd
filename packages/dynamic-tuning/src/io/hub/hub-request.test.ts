import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigError, DownloadError } from '../../errors.ts'
import { describeFile, describeRepo } from './hub-files.ts'
import { hubFetch, TransientError } from './hub-request.ts'
import { hubSettings } from './hub-settings.ts'

const settings = { endpoint: 'https://hub.test', token: 'secret', cache: '', offline: false }
const name = { repo: 'owner/name', revision: 'main' }
const commit = 'c0ffee'.padEnd(40, '0')
const hash = 'a'.repeat(40)

/** Answers the next requests in turn; returns their addresses, with `+` if the token was sent. */
function answers(...responses: (Response | ((signal: AbortSignal) => Promise<Response>))[]): string[] {
  const sent: string[] = []
  vi.stubGlobal('fetch', async (url: URL, { headers, signal }: RequestInit) => {
    sent.push(`${url.href}${new Headers(headers).has('authorization') ? ' +' : ''}`)
    const next = responses.shift() ?? new Response('{}')
    return typeof next === 'function' && signal ? next(signal) : next
  })
  return sent
}
afterEach(() => vi.unstubAllGlobals())

const to = (location: string) => new Response(null, { status: 302, headers: { location } })
const head = (headers: Record<string, string>) => new Response(null, { headers })
const get = (url = `${settings.endpoint}/a`, more: object = {}) => hubFetch(settings, { url, ...more })
const file = () => describeFile(settings, name, commit, 'model.safetensors')

describe('redirects', () => {
  it('carry the token to the same origin only', async () => {
    const sent = answers(
      to('/b'),
      to('https://hub.test:8443/c'),
      to('https://store.test/d'),
      to('https://hub.test/e'),
    )
    await get()
    expect(sent).toEqual([
      'https://hub.test/a +',
      'https://hub.test/b +',
      'https://hub.test:8443/c',
      'https://store.test/d',
      'https://hub.test/e +',
    ])
  })

  it.each([
    ['http://hub.test/a', /redirects from https to http:\/\/hub\.test, which is not encrypted/],
    ['http://store.test/a', /not encrypted/],
    ['data:text/plain,x', /redirects to data:text\/plain,x, which is no address of the web/],
    ['file:///etc/passwd', /is no address of the web/],
    ['http://', /is no address of the web/],
    ['https://[', /is no address of the web/],
  ])('to %s are refused', async (location, message) => {
    const sent = answers(to(location))
    await expect(get()).rejects.toThrow(message)
    expect(sent).toEqual(['https://hub.test/a +'])
    answers(to(location))
    await expect(file()).rejects.toThrow(DownloadError)
  })

  it('to nowhere, and without end, are refused', async () => {
    answers(new Response(null, { status: 302 }))
    await expect(get()).rejects.toThrow(/redirects without saying where to/)
    answers(...Array.from({ length: 20 }, () => to('/a')))
    await expect(get()).rejects.toThrow(/redirects without end/)
  })
})

describe('what the hub tells', () => {
  it.each(['-5', '1.5', '1e400', 'many', ''])('has a size that is a whole number, not %j', async (size) => {
    answers(head({ etag: `"${hash}"`, 'x-linked-size': size }))
    await expect(file()).rejects.toThrow(/tells no hash and size/)
  })

  it('is a typed error with status 416, but for a range', async () => {
    answers(new Response(null, { status: 416 }), new Response(null, { status: 416 }))
    await expect(file()).rejects.toThrow(/answered 416/)
    expect((await get(undefined, { headers: { range: 'bytes=5-' } })).status).toBe(416)
  })

  it('is no longer than a description', async () => {
    const piece = new Uint8Array(2 ** 20).fill(32)
    let pulled = 0
    const body = new ReadableStream({
      pull: (controller) => void controller.enqueue(++pulled > 100 ? piece.subarray(0, 0) : piece),
    })
    answers(new Response(body))
    await expect(describeRepo(settings, name)).rejects.toThrow(/answers with more than 33554432 bytes/)
    expect(pulled).toBeLessThan(50)
    answers(new Response('['.repeat(200_000)))
    await expect(describeRepo(settings, name)).rejects.toThrow(/does not describe a repository/)
  })

  it('comes within a time, or the connection counts as cut', async () => {
    const silent = (signal: AbortSignal): Promise<Response> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const half = async (signal: AbortSignal): Promise<Response> =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from('{'))
            signal.addEventListener('abort', () => controller.error(signal.reason))
          },
        }),
      )
    answers(silent, half, silent)
    const control = { stallSeconds: 0.05 }
    for (const _ of ['before an answer', 'within one']) {
      const failing = describeRepo(settings, name, control)
      await expect(failing).rejects.toThrow(TransientError)
      await expect(failing).rejects.toThrow('nothing came for 0.05 s')
    }
    await expect(describeFile(settings, name, commit, 'a', control)).rejects.toThrow(TransientError)
  })
})

describe('settings of the hub', () => {
  it('are typed errors where the endpoint is no address', async () => {
    for (const endpoint of ['hub.test', 'ftp://hub.test', 'https://'])
      await expect(hubFetch({ ...settings, endpoint }, { url: 'https://hub.test/a' })).rejects.toThrow(
        DownloadError,
      )
  })

  it('refuse a token that no header can hold, without showing it', () => {
    const read = () => hubSettings({ HF_TOKEN: 'secret\nX-Other: 1' })
    expect(read).toThrow(ConfigError)
    expect(read).not.toThrow(/secret/)
    expect(hubSettings({ HF_TOKEN: ' hf_abc \n' }).token).toBe('hf_abc')
  })
})
