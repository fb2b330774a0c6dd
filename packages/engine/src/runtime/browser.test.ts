import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserPage, browserMissing as missing, openBrowserPage } from '../testing/browser-page.ts'
import type { Plain } from '../testing/index.ts'
import { compile } from './node.ts'
import { expectSameValues } from './same-values.test.support.ts'
import { sceneValues } from './scene-values.test.support.ts'

/** Functions of the page under test. */
interface PageGlobals {
  sceneValues(device: string): Promise<Record<string, Plain>>
  largeSum(): Promise<number>
  readonly crossOriginIsolated: boolean
}

describe('the web entry in a browser', () => {
  let browser: BrowserPage | undefined
  let page: Page
  let cpu: Record<string, Plain>

  beforeAll(async () => {
    if (missing !== undefined) return
    const entry = join(fileURLToPath(import.meta.url), '..', 'browser-page.test.support.ts')
    browser = await openBrowserPage(entry, 'sceneValues')
    page = browser.page
    cpu = await sceneValues(compile, { device: 'cpu' })
  }, 300_000)

  afterAll(() => browser?.close())

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
