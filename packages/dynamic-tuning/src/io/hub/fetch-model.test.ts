import { spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { DownloadError } from '../../errors.ts'
import { type FetchControl, fetchModel } from './fetch-model.ts'
import { type HubServer, type HubServerOptions, hubHash, serveHub } from './hub-server.test.support.ts'
import type { HubSettings } from './hub-settings.ts'

const root = mkdtempSync(join(tmpdir(), 'hub-'))
afterAll(() => rmSync(root, { recursive: true }))

const text = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255))
const files = {
  'README.md': Buffer.from('read me'),
  'config.json': text({ model_type: 'vit' }),
  'preprocessor_config.json': text({ image_mean: [0, 0, 0] }),
  'model.safetensors': weights,
  'pytorch_model.bin': Buffer.from('not wanted'),
}

let server: HubServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** A server with `content` and a fetch of it into an empty cache. */
async function served(content: Readonly<Record<string, Uint8Array>> = files, options: HubServerOptions = {}) {
  server = await serveHub(content, options)
  const cache = mkdtempSync(join(root, 'cache-'))
  const settings: HubSettings = { endpoint: server.endpoint, cache, offline: false, token: undefined }
  const blobs = join(cache, 'models--owner--name', 'blobs')
  const { arrived } = server
  const get = (control: FetchControl = {}, name = 'owner/name') =>
    fetchModel(name, {
      settings,
      pauseSeconds: 0.001,
      ...control,
      onProgress(state) {
        control.onProgress?.(state)
        arrived(state.done)
      },
    })
  return { server, settings, blobs, cache, get }
}
const partOf = (blobs: string, content: Buffer): string => join(blobs, `${hubHash(content)}.dyt-part`)
const names = (folder: string): string[] => readdirSync(folder).sort()
const downloads = (at: HubServer): string[] => at.requests.filter((line) => line.startsWith('GET /model.'))

describe('fetchModel', () => {
  it("lays files out as Hugging Face's own tools do, and asks once", async () => {
    const { server: at, cache, blobs, get, settings } = await served()
    const progress: string[] = []
    const got = await get({
      onProgress: ({ file, done, total }) => progress.push(`${file} ${done}/${total}`),
    })
    const snapshot = join(cache, 'models--owner--name', 'snapshots', at.commit)
    expect(got).toEqual({ model: 'owner/name', commit: at.commit, path: snapshot })
    expect(names(snapshot)).toEqual(['config.json', 'model.safetensors', 'preprocessor_config.json'])
    expect(readFileSync(join(snapshot, 'model.safetensors')).equals(weights)).toBe(true)
    expect(lstatSync(join(snapshot, 'model.safetensors')).isSymbolicLink()).toBe(true)
    expect(names(blobs)).toEqual(
      [files['config.json'], files['preprocessor_config.json'], weights].map((each) => hubHash(each)).sort(),
    )
    expect(readFileSync(join(cache, 'models--owner--name', 'refs', 'main'), 'utf8')).toBe(at.commit)
    expect(progress.at(-1)).toBe('model.safetensors 300000/300000')
    expect(downloads(at)).toEqual(['GET /model.safetensors'])
    const asked = at.requests.length
    expect(await get()).toEqual(got)
    expect(
      await get({ settings: { ...settings, offline: true, endpoint: 'http://127.0.0.1:65531' } }),
    ).toEqual(got)
    expect(await get({}, `owner/name@${at.commit}`)).toEqual(got)
    expect(at.requests.length).toBe(asked)
    expect(await get({ refresh: true })).toEqual(got)
    expect(at.requests.length).toBe(asked + 1)
  })

  it('goes on behind what is there, and after cut connections', async () => {
    const { server: at, blobs, get } = await served()
    mkdirSync(blobs, { recursive: true })
    writeFileSync(partOf(blobs, weights), weights.subarray(0, 100_000))
    at.faults.push({ cutAfter: 50_000 }, { status: 503 }, { cutAfter: 0 }, { cutAfter: 0 })
    await get()
    expect(readFileSync(join(blobs, hubHash(weights))).equals(weights)).toBe(true)
    expect(downloads(at)).toEqual(
      [100_000, 150_000, 150_000, 150_000, 150_000].map((n) => `GET /model.safetensors bytes=${n}-`),
    )
    expect(names(blobs).filter((name) => !/^[0-9a-f]+$/.test(name))).toEqual([])
  })

  it('begins again where the server knows no ranges', async () => {
    const { server: at, blobs, get } = await served()
    at.faults.push({ cutAfter: 70_000 }, { ignoreRange: true })
    const seen: number[] = []
    await get({ onProgress: ({ file, done }) => void (file === 'model.safetensors' && seen.push(done)) })
    expect(downloads(at)).toEqual(['GET /model.safetensors', 'GET /model.safetensors bytes=70000-'])
    expect(seen).toContain(70_000)
    expect(readFileSync(join(blobs, hubHash(weights))).equals(weights)).toBe(true)
  })

  it('takes a connection that hangs for a cut one', async () => {
    const { server: at, blobs, get } = await served()
    at.faults.push({ hangAfter: 10_000 })
    await get({ stallSeconds: 0.5 })
    expect(downloads(at).length).toBeGreaterThanOrEqual(2)
    expect(readFileSync(join(blobs, hubHash(weights))).equals(weights)).toBe(true)
  })

  it('gives up after five tries in a row that bring nothing, and keeps what came', async () => {
    const { server: at, blobs, cache, get } = await served()
    at.faults.push({ cutAfter: 1000 }, ...Array.from({ length: 6 }, () => ({ cutAfter: 0 })))
    await expect(get()).rejects.toThrow(DownloadError)
    expect(downloads(at).length).toBe(5)
    expect(readFileSync(partOf(blobs, weights)).length).toBe(1000)
    const repo = join(cache, 'models--owner--name')
    expect(existsSync(join(repo, 'refs'))).toBe(false)
    expect(names(join(repo, 'snapshots', at.commit))).not.toContain('model.safetensors')
    at.faults.length = 0
    await get()
    expect(downloads(at).at(-1)).toBe('GET /model.safetensors bytes=1000-')
  })

  it('never keeps a file with another hash: fetches twice where it was put together, else says so', async () => {
    const { server: at, blobs, get } = await served()
    mkdirSync(blobs, { recursive: true })
    writeFileSync(partOf(blobs, weights), Buffer.alloc(100_000, 1))
    await get()
    expect(downloads(at)).toEqual(['GET /model.safetensors bytes=100000-', 'GET /model.safetensors'])
    await at.close()
    const other = await served()
    other.server.faults.push({ flip: 200_000 })
    await expect(other.get()).rejects.toThrow(/came with the hash [0-9a-f]{64}, [0-9a-f]{64} was promised/)
    expect(names(other.blobs)).toEqual(
      [files['config.json'], files['preprocessor_config.json']].map((each) => hubHash(each)).sort(),
    )
  })

  it('checks small files too, by the hash that Git gives them', async () => {
    const { get } = await served(files, { hashes: { 'config.json': '0'.repeat(40) } })
    await expect(get()).rejects.toThrow(/config\.json came with the hash [0-9a-f]{40}, 0{40} was promised/)
    await server?.close()
    const odd = await served(files, { hashes: { 'model.safetensors': '../../etc/passwd' } })
    await expect(odd.get()).rejects.toThrow(/tells no hash and size, got etag "\.\.\/\.\.\/etc\/passwd"/)
  })

  it('refuses bytes from elsewhere than was asked', async () => {
    const { server: at, get } = await served()
    at.faults.push({ cutAfter: 1000 }, { wrongRange: true })
    await expect(get()).rejects.toThrow(/answered 206 with the range "bytes 1001-/)
  })

  it('falls back on pytorch_model.bin, and notes what a repository lacks', async () => {
    const { server: at, cache, get } = await served({ 'pytorch_model.bin': weights, 'tf_model.h5': weights })
    const got = await get()
    expect(names(got?.path as string)).toEqual(['pytorch_model.bin'])
    expect(names(join(cache, 'models--owner--name', '.no_exist', at.commit))).toEqual([
      'config.json',
      'preprocessor_config.json',
    ])
    const asked = at.requests.length
    await get()
    expect(at.requests.length).toBe(asked)
    await at.close()
    const none = await served({ 'tf_model.h5': weights })
    await expect(none.get()).rejects.toThrow(
      /has none of model\.safetensors, .*, got tf_model\.h5\. Choose another/,
    )
  })

  it('fetches all files of an index, which itself comes last', async () => {
    const shards = { 'a-1.safetensors': weights.subarray(9), 'a-2.safetensors': weights.subarray(99) }
    const index = text({ weight_map: { x: 'a-1.safetensors', y: 'a-2.safetensors', z: 'a-1.safetensors' } })
    const {
      server: at,
      get,
      cache,
    } = await served({ ...shards, 'model.safetensors.index.json': index, 'config.json': text({}) })
    // Only the fetch of the second shard fails.
    at.faults.push({ ignoreRange: true }, { status: 404 })
    await expect(get()).rejects.toThrow(/answered 404/)
    const snapshot = join(cache, 'models--owner--name', 'snapshots', at.commit)
    expect(names(snapshot)).toEqual(['a-1.safetensors', 'config.json'])
    await get()
    expect(names(snapshot)).toEqual([
      'a-1.safetensors',
      'a-2.safetensors',
      'config.json',
      'model.safetensors.index.json',
    ])
  })

  it('sends the token to the hub alone', async () => {
    const { server: at, settings, get } = await served(files, { token: 'secret' })
    await expect(get()).rejects.toThrow(
      /answered 401 refused: GatedRepo\. Accept the model's terms .* set HF_TOKEN/,
    )
    await expect(get({ settings: { ...settings, token: 'wrong' } })).rejects.toThrow(
      /with the account of this token/,
    )
    await get({ settings: { ...settings, token: 'secret' } })
    expect(at.leaked).toBe(false)
    expect(downloads(at).length).toBe(1)
  })

  it.each([
    ['other/name', {}, /answered 401 refused: RepoNotFound\. There is no such repository, or it is private/],
    ['owner/name@nowhere', {}, /RevisionNotFound\. There is no such revision: check what follows the @/],
    [
      'owner/name',
      { settings: { offline: true } },
      /owner\/name is no path, and not or not wholly in .*nothing is fetched offline.*dyt download owner\/name/,
    ],
    [
      'owner/name',
      { settings: { endpoint: 'http://127.0.0.1:65531' } },
      /cannot reach http:\/\/127\.0\.0\.1:65531, got .*ECONNREFUSED.*Check the network and HF_ENDPOINT, or name a file/,
    ],
    [
      'owner/name',
      { settings: { endpoint: 'http://nowhere.invalid' } },
      /cannot reach http:\/\/nowhere\.invalid, got /,
    ],
    ['owner/name', { settings: { cache: '/dev/null' } }, /cannot write to .*Set HF_HUB_CACHE/],
  ])(
    'says what is wrong and what to do: %s %j',
    async (name, { settings: changes = {} }: { settings?: object }, message) => {
      const { settings, get } = await served()
      const failing = get({ settings: { ...settings, ...changes } }, name)
      await expect(failing).rejects.toThrow(DownloadError)
      await expect(failing).rejects.toThrow(message)
    },
  )

  it('stops at a signal and goes on later', async () => {
    const { server: at, get } = await served(files, { slow: 30 })
    const controller = new AbortController()
    const stopping = get({
      signal: controller.signal,
      onProgress: ({ file, done }) => void (file === 'model.safetensors' && done > 0 && controller.abort()),
    })
    await expect(stopping).rejects.toThrow(/download: stopped\. It goes on/)
    await get()
    expect(downloads(at)[1]).toMatch(/bytes=\d+-$/)
  })

  it('lets one of several processes fetch while the others wait', async () => {
    const { server: at, settings, get } = await served(files, { slow: 150 })
    const script = fileURLToPath(new URL('../../../dist/io/hub/fetch-model.js', import.meta.url))
    const code = `import(${JSON.stringify(script)}).then(({ fetchModel }) => fetchModel('owner/name'))`
    const env = {
      ...process.env,
      HF_ENDPOINT: at.endpoint,
      HF_HUB_CACHE: settings.cache,
      HF_HUB_OFFLINE: '',
      HF_TOKEN: 'x',
    }
    const processes = [1, 2].map(
      () =>
        new Promise((resolve) => {
          const child = spawn(process.execPath, ['-e', code], { env, stdio: ['ignore', 'ignore', 'inherit'] })
          child.on('close', resolve)
        }),
    )
    const got = await Promise.all([...processes, get(), get()])
    expect(got.slice(0, 2)).toEqual([0, 0])
    expect(downloads(at)).toEqual(['GET /model.safetensors'])
    expect(readFileSync(join((got[2] as { path: string }).path, 'model.safetensors')).equals(weights)).toBe(
      true,
    )
  })
})
