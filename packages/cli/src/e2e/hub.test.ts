import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dyt, folderWithBackbone, quick } from './dyt.test.support.ts'

const folder = folderWithBackbone()
const commit = 'abcdef0123456789'.repeat(3).slice(0, 40)
const requests: string[] = []
let server: Server
let stopped = false

/** A hub with one repository, owner/tiny, of one small file. */
beforeAll(async () => {
  const file = readFileSync(join(folder, 'tiny.safetensors'))
  const hash = createHash('sha1').update(`blob ${file.length}\0`).update(file).digest('hex')
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (
      request.url === '/api/models/owner/tiny/revision/main' ||
      request.url?.endsWith(`/revision/${commit}`)
    )
      response.end(JSON.stringify({ sha: commit, siblings: [{ rfilename: 'model.safetensors' }] }))
    else if (request.url === `/owner/tiny/resolve/${commit}/model.safetensors`)
      response
        .writeHead(200, { etag: `"${hash}"`, 'content-length': file.length })
        .end(request.method === 'HEAD' ? undefined : file)
    else response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env.HF_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.HF_HUB_CACHE = mkdtempSync(join(tmpdir(), 'dyt-cache-'))
  process.env.HF_TOKEN = 'none'
})
const stop = async (): Promise<void> => {
  if (stopped) return
  stopped = true
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true })
  rmSync(process.env.HF_HUB_CACHE ?? '', { recursive: true, force: true })
})

describe('--model with a repository', () => {
  const tune = [
    ...['finetune', ...quick, '--method', 'linear', '--epochs', '1'],
    ...['--model', 'owner/tiny', '--out', 'run'],
  ]

  it('offline and not fetched yet, says how to get it, and writes nothing', async () => {
    const { code, stderr } = await dyt(folder, ...tune, '--offline')
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^dyt: download: owner\/tiny is no path, .*nothing is fetched offline.* dyt download owner\/tiny\n$/,
    )
    expect(existsSync(join(folder, 'run'))).toBe(false)
    expect(requests).toEqual([])
  })

  it('fetches it once, and the run goes on without the server and with its commit', async () => {
    expect((await dyt(folder, ...tune, '--quiet')).stderr).toBe('')
    const saved = JSON.parse(readFileSync(join(folder, 'run', 'config.json'), 'utf8'))
    expect(saved.settings.model).toBe('owner/tiny')
    expect(saved.backbone.name).toBe(`owner/tiny@${commit}`)
    const other = await dyt(folder, ...tune.slice(0, -1), 'again', '--model', 'tiny.safetensors', '--quiet')
    expect(other.code).toBe(0)
    const adapter = (run: string) => readFileSync(join(folder, run, 'adapter.safetensors'))
    expect(adapter('run').equals(adapter('again'))).toBe(true)
    expect(requests.filter((line) => line.startsWith('GET /owner')).length).toBe(1)
  })

  it('download tells where it lies, asks for newer commits, and refuses other names', async () => {
    const asked = requests.length
    const { stdout } = await dyt(folder, 'download', 'owner/tiny', '--json')
    const path = join(process.env.HF_HUB_CACHE ?? '', 'models--owner--tiny', 'snapshots', commit)
    const bytes = readFileSync(join(folder, 'tiny.safetensors')).length
    expect(JSON.parse(stdout)).toEqual({ models: [{ model: 'owner/tiny', commit, path, bytes }] })
    expect(requests.slice(asked)).toEqual(['GET /api/models/owner/tiny/revision/main'])
    const missing = await dyt(folder, 'download', 'owner/other')
    expect(missing.code).toBe(1)
    expect(missing.stderr).toMatch(/answered 401 .*There is no such repository, or the token may not read it/)
    const none = await dyt(folder, 'download', 'vit_base_patch16_224')
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('vit_base_patch16_224 names no repository')
  })

  it('eval needs the cache alone, and says how to fill it again', async () => {
    await stop()
    const offline = await dyt(folder, 'eval', 'run', '--offline', '--json')
    expect(JSON.parse(offline.stdout).method).toBe('linear')
    rmSync(process.env.HF_HUB_CACHE ?? '', { recursive: true })
    const { code, stderr } = await dyt(folder, 'eval', 'run')
    expect(code).toBe(1)
    expect(stderr).toContain(`Fetch it once with a network: dyt download owner/tiny@${commit}`)
  })
})
