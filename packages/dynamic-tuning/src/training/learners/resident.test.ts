import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expectAllclose } from '@dynamic-tuning/engine/testing'
import { type BrowserPage, browserMissing, openBrowserPage } from '@dynamic-tuning/engine/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdamW } from '../optimizers/adamw.ts'
import { dynamicScene } from '../running-mean.test.support.ts'
import { TrainingStep } from '../training-step.ts'
import { describeLearner } from './describe-learner.test.support.ts'
import { HostLearner } from './host.ts'
import { ResidentLearner } from './resident.ts'
import { batchAt, plainTraining, residentTraining, type Trained } from './resident-scene.test.support.ts'

function expectSame(found: Trained, wanted: Trained, tolerance: number): void {
  expect(Object.keys(found.scalars[0] ?? {})).toEqual(expect.arrayContaining(['loss', 'kl', 'rateLoss']))
  for (const [step, scalars] of found.scalars.entries())
    for (const [name, value] of Object.entries(scalars))
      expect(Math.abs(value - (wanted.scalars[step]?.[name] as number))).toBeLessThan(
        tolerance * Math.max(1, Math.abs(value)),
      )
  expect(Object.keys(found.weights)).toEqual(Object.keys(wanted.weights))
  for (const [name, values] of Object.entries(wanted.weights))
    expectAllclose(found.weights[name] as number[], values as number[], { rtol: tolerance, atol: tolerance })
}

describeLearner('AdamW on the device', {
  create: (scene) => ResidentLearner.create({ ...scene, outputs: true }),
  tolerance: 1e-6,
})

it('continues from the state of a learner on the host', async () => {
  const pass = await TrainingStep.create({ ...dynamicScene(), microBatch: 4 })
  const host = await HostLearner.create(pass, (weights) => new AdamW(weights))
  const resident = await ResidentLearner.create(dynamicScene())
  const batch = batchAt(0)
  await host.step(batch, 0, 0.01)
  await resident.restore(await host.state(), 'here')
  for (const learner of [host, resident]) await learner.step(batch, 1, 0.01)
  const found = await resident.weights()
  for (const [name, { data }] of await host.weights())
    expectAllclose([...(found.get(name)?.data ?? [])], [...data], { rtol: 1e-4, atol: 1e-6 })
  await Promise.all([host.release(), resident.release()])
})

describe('a learner that keeps its weights on the device', () => {
  let wanted: Trained
  let browser: BrowserPage | undefined

  beforeAll(async () => {
    wanted = await plainTraining()
    if (browserMissing !== undefined) return
    const entry = join(fileURLToPath(import.meta.url), '..', 'resident-page.test.support.ts')
    browser = await openBrowserPage(entry, 'train')
  }, 300_000)

  afterAll(() => browser?.close())

  it('trains as the optimiser outside does', async () => {
    const [first] = Object.values(wanted.weights) as [number[]]
    expect(first.some((value) => value !== 0)).toBe(true)
    expectSame(await residentTraining('cpu'), wanted, 2e-5)
  })

  it.for(['wasm', 'webgpu'] as const)(
    'does so on %s in a browser, where WebGPU hands out the numbers of a step alone',
    { timeout: 300_000 },
    async (device, { skip }) => {
      if (browser === undefined) {
        console.warn(`skipped: ${browserMissing}`)
        return skip(browserMissing)
      }
      type Globals = { readonly entries: string[]; train(device: string): Promise<Trained> }
      const entries = await browser.page.evaluate(() => (globalThis as unknown as Globals).entries)
      expect(entries).toEqual(
        expect.arrayContaining([
          'ResidentLearner',
          'train',
          'memoryLog',
          'Classifier',
          'WeightStore',
          'tuners',
        ]),
      )
      const found = await browser.page.evaluate(
        (name) => (globalThis as unknown as Globals).train(name),
        device,
      )
      expectSame(found, wanted, 1e-3)
      const scalars = Object.keys(found.scalars[0] ?? {}).length
      if (device === 'webgpu') expect(found.bytesRead).toBeGreaterThan(0)
      // A buffer of the runtime has room for 16 bytes or 256.
      expect(found.bytesRead).toBeLessThanOrEqual(scalars * 256)
    },
  )
})
