import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openRunFolder } from '../io/run-folder.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { modelOf } from '../models/model.ts'
import { network } from '../network/network.ts'
import { farthest } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { linearProbe } from '../tuners/linear.ts'
import { tuners } from '../tuners/registry.ts'
import { readRunConfig } from './run-config.ts'
import type { FinetuneInput } from './settings/finetune-settings.ts'
import { tinyRun } from './tiny-run.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'training-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The learning rate at each step of a run. */
function rates(name: string): number[] {
  const lines = openRunFolder(join(folder, name), { write: false }).readMetrics() as {
    kind: string
    lr: number
  }[]
  return lines.filter(({ kind }) => kind === 'step').map(({ lr }) => lr)
}

const weightsOf = (name: string) => readSafetensors(join(folder, name, 'adapter.safetensors'))
const linear = { method: 'linear', bottleneck: undefined } as const
/** One step, at the full learning rate. */
const one = { trainSize: 16, epochs: 1, warmupEpochs: 0, learningRate: 0.01 } as const

describe('what the settings of a run do to its training', () => {
  it('counts warm-up in epochs, and ends the cosine with the last step', async () => {
    const schedule = { epochs: 4, warmupEpochs: 1.5, learningRate: 0.03, minimumLearningRate: 0.01 }
    await tinyRun(folder, 'schedule', { ...linear, ...schedule })
    const cosine = (share: number) => 0.01 + 0.01 * (1 + Math.cos(Math.PI * share))
    // Two steps an epoch: the rate rises for three of eight.
    const wanted = [0, 0.01, 0.02, ...[0, 1, 2, 3, 4].map((step) => cosine(step / 5))]
    expect(farthest(rates('schedule'), wanted)).toBeLessThan(1e-9)
  })

  it('takes a tenth of the learning rate where every weight is trained, and nowhere else', async () => {
    const factors = tuners.map(({ name, learningRateFactor }) => [name, learningRateFactor])
    const tenth = factors.filter(([, factor]) => factor !== 1)
    expect(tenth).toEqual([
      ['full', 0.1],
      ['dynamic-full', 0.1],
    ])
    for (const method of ['linear', 'full', 'dynamic-full'] as const) {
      await tinyRun(folder, method, { ...one, method, bottleneck: undefined, minimumLearningRate: 0.005 })
      expect(rates(method)).toEqual([expect.closeTo(method === 'linear' ? 0.01 : 0.001, 12)])
    }
    await tinyRun(folder, 'to-the-end', {
      ...{ ...one, epochs: 2, method: 'full', bottleneck: undefined, minimumLearningRate: 0.006 },
    })
    expect(rates('to-the-end')).toEqual([0.001, 0.0008].map((rate) => expect.closeTo(rate, 12)))
  })

  it('decays every trained weight by rate times decay, biases too', async () => {
    await tinyRun(folder, 'no decay', { ...linear, ...one, weightDecay: 0 })
    const { settings } = await tinyRun(folder, 'decay', { ...linear, ...one, weightDecay: 0.5 })
    const [without, decayed] = [weightsOf('no decay'), weightsOf('decay')]
    const { model } = readRunConfig(openRunFolder(join(folder, 'decay'), { write: false }))
    const tuned = network({ ...modelOf(model), tuner: linearProbe })
    const store = new WeightStore({ trainable: tuned.tunable, seed: settings.seed })
    tuned.pass(store, tuned.input(), { kind: 'complete' })
    for (const [name, { data }] of store.startValues()) {
      const [plain = [], less = []] = [without, decayed].map((all) =>
        Array.from(all.get(name)?.data ?? [], Number),
      )
      const lost = plain.map((value, i) => value - (less[i] ?? 0))
      const wanted = Array.from(data, (value) => 0.01 * 0.5 * value)
      expect(farthest(lost, wanted)).toBeLessThan(1e-7)
    }
    expect(
      farthest(store.startValues().get('head.weight')?.data ?? [], new Float32Array(64)),
    ).toBeGreaterThan(0)
  })

  it('moves the temperature from its first value to its last', async () => {
    const run = async (name: string, more: Partial<FinetuneInput>) => {
      // The rate term reaches the dispatchers through the temperature alone.
      const only = { complete: false, distillation: false, rate: 0.9, adapterDropout: 0 }
      await tinyRun(folder, name, { ...one, ...only, trainSize: 32, minimumLearningRate: 0.01, ...more })
      return weightsOf(name)
    }
    const constant = await run('constant', { temperature: 5 })
    const same = await run('same', { temperature: 5, finalTemperature: 5 })
    const falling = await run('falling', { temperature: 5, finalTemperature: 0.1 })
    const name = 'blocks.0.mlp_token_select.mlp_head.weight'
    const apart = (a: ReturnType<typeof weightsOf>) =>
      farthest((a.get(name)?.data ?? []) as Float32Array, (constant.get(name)?.data ?? []) as Float32Array)
    expect(apart(same)).toBeLessThan(1e-6)
    expect(apart(falling)).toBeGreaterThan(1e-4)
  })
})
