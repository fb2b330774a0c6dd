import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plain } from '../testing/index.ts'
import { compile } from './node.ts'
import { expectSameValues } from './same-values.test.support.ts'
import { sceneValues } from './scene-values.test.support.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const missing = existsSync(executablePath) ? undefined : `no browser at ${executablePath} (Debian: chromium)`
const args = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}
/** What the page under test offers. */
interface PageGlobals {
  sceneValues(device: string): Promise<Record<string, Plain>>
  largeSum(): Promise<number>
  readonly crossOriginIsolated: boolean
}

/** Bundles the page as an application would, web entry and runtime included. */
async function bundle(folder: string): Promise<void> {
  const entry = join(fileURLToPath(import.meta.url), '..', 'browser-page.test.support.ts')
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(entry, '../../..'),
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'esnext',
      rolldownOptions: { input: entry, output: { entryFileNames: 'page.js' } },
    },
  })
}

/** Serves a folder with the headers that shared memory, and so threads, need. */
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1).split('?')[0] as string
    const file = join(folder, name)
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    response.setHeader('Content-Type', types[extname(name) || '.html'] ?? 'application/octet-stream')
    if (name === '') response.end('<!doctype html><script type="module" src="/page.js"></script>')
    else if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

describe('the web entry in a browser', () => {
  let folder: string | undefined
  let server: Server | undefined
  let browser: Browser | undefined
  let page: Page
  let cpu: Record<string, Plain>

  beforeAll(async () => {
    if (missing !== undefined) return
    folder = mkdtempSync(join(tmpdir(), 'browser-test-'))
    await bundle(folder)
    server = await serve(folder)
    browser = await chromium.launch({ executablePath, args })
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.waitForFunction(() => 'sceneValues' in globalThis)
    cpu = await sceneValues(compile, { device: 'cpu' })
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  it.for(['wasm', 'webgpu'])(
    'computes a training step and every operator on %s as Node does',
    { timeout: 300_000 },
    async (device, { skip }) => {
      if (missing !== undefined) {
        console.warn(`skipped: ${missing}`)
        return skip(missing)
      }
      expect(await page.evaluate(() => (globalThis as unknown as PageGlobals).crossOriginIsolated)).toBe(true)
      expectSameValues(
        await page.evaluate((name) => (globalThis as unknown as PageGlobals).sceneValues(name), device),
        cpu,
      )
    },
  )

  it('takes weights beside the model where they are large', { timeout: 300_000 }, async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const size = 17 * 2 ** 20
    let wanted = 0
    for (let i = 0; i < size; i++) wanted += 2 * ((i % 7) - 3)
    expect(await page.evaluate(() => (globalThis as unknown as PageGlobals).largeSum())).toBe(wanted)
  })
})
