import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { build } from 'vite'

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

/** An open page in a browser. */
export interface BrowserPage {
  readonly page: Page
  close(): Promise<void>
}

/** Why no page can be opened on this machine; undefined if one can. */
export const browserMissing: string | undefined = missing

/**
 * Bundles a module with its imports and opens it in a browser with threads and WebGPU (in software). Waits
 * until the module has set the global variable `ready`.
 */
export async function openBrowserPage(entry: string, ready: string): Promise<BrowserPage> {
  const folder = mkdtempSync(join(tmpdir(), 'browser-test-'))
  await bundle(entry, folder)
  const server = await serve(folder)
  const browser = await chromium.launch({ executablePath, args })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction((name) => name in globalThis, ready)
  return {
    page,
    async close() {
      await browser.close()
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Bundles the page like an application, with the web entry and the runtime. */
async function bundle(entry: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: dirname(entry),
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'esnext',
      rolldownOptions: { input: entry, output: { entryFileNames: 'page.js' } },
    },
  })
}

/** Serves a folder with the headers that shared memory (for threads) needs. */
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
