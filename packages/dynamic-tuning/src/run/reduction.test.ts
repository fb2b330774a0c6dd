import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { ConfigError } from '../errors.ts'
import { valueIn } from '../evaluation/measure.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise } from '../nn/plain.test.support.ts'
import { noReduction } from '../reduction/options.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { evaluateRun } from './evaluate-run.ts'
import { exportModel } from './export/export-run.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import type { FinetuneInput } from './settings/finetune-settings.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun, withReduction } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'reduction-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

const runs: readonly (readonly [string, Partial<FinetuneInput>])[] = [
  ['dyt', { reduction: 'tome', tomeR: 3 }],
  ['adaptformer', { reduction: 'tome', tomeR: [2, 4], tomeTraining: true }],
  ['adaptformer', { reduction: 'evit', keepRate: 0.5, reductionLayers: [0] }],
  ['adaptformer', { reduction: 'dynamicvit', keepRate: 0.5, reductionLayers: [1] }],
]

describe('a run on fewer tokens', () => {
  it.each(runs)('%s with %j is tuned, opened, tested and exported alike', async (method, given) => {
    const name = `${method}-${given.reduction}-${given.tomeTraining ?? ''}`
    const { summary } = await tinyRun(folder, name, { method, ...given })
    expect(summary).toMatchObject({ method, reduction: given.reduction })
    const run = openRun(join(folder, name))
    const whole = modelCost({
      network: network({ ...run.network, reduction: noReduction }),
      gates: summary.gates ?? [],
    })
    expect(summary.flops).toBeLessThan(0.95 * whole.flops.total)
    expect(run.settings).toMatchObject(given)
    const again = await evaluateRun(run, { workers: 0 })
    const { loss, flops, activeRate, gates } = again
    const score = { accuracy: valueIn(again, accuracy) }
    expect(summary).toMatchObject({ ...score, loss, flops, activeRate, gates })
    const file = exportModel(run, { out: join(folder, `${name}.onnx`) })
    const outputs = file.outputs.map(({ name: output, shape }) => `${output} ${shape.join()}`)
    const gated = ['masks B,2,16', 'shares B,2']
    expect(outputs).toEqual(['logits B,8', ...(method === 'dyt' ? gated : [])])
  })

  it('may be tested with another reduction, but not with predictors nobody trained', async () => {
    await tinyRun(folder, 'plain', { method: 'adaptformer' })
    const run = openRun(join(folder, 'plain'))
    const images = noise(2 * 3 * 32 * 32, 5)
    const classify = async (model: typeof run | ReturnType<typeof withReduction>) => {
      const classifier = await model.classifier()
      const { logits } = withLogits(await classifier.classify(images))
      await classifier.release()
      return logits
    }
    const whole = await classify(run)
    const merged = withReduction(run, { reduction: 'tome', tomeR: 4 })
    expect(farthest(await classify(merged), whole)).toBeGreaterThan(1e-6)
    const none = withReduction(merged, { reduction: 'none' })
    expect(farthest(await classify(none), whole)).toBe(0)
    expect(withReduction(run, undefined)).toBe(run)
    const [plain, fewer] = [
      await evaluateRun(run),
      await evaluateRun(run, { reduction: { reduction: 'evit' } }),
    ]
    expect(fewer.flops).toBeLessThan(0.9 * plain.flops)
    expect(fewer.reduction).toBe('evit')
    expect(() => withReduction(run, { reduction: 'dynamicvit' })).toThrow(/this run trained none/)
    expect(() => withReduction(run, { reduction: 'evit', reductionLayers: [2] })).toThrow(ConfigError)
  })
})

describe('settings of a reduction', () => {
  it.each<[object, RegExp]>([
    [{ reduction: 'tome,evit' }, /two reductions would each decide/],
    [{ reduction: ['tome', 'evit'] }, /two reductions would each decide/],
    [{ reduction: 'tom' }, /expected one of "none"/],
    [{ reduction: 'evit' }, /evit drops tokens for good/],
    [{ method: 'full', reduction: 'evit', keepRate: 2 }, /keepRate/],
    [{ method: 'full', tomeR: 3 }, /the reduction is none/],
  ])('%j is refused', (given, message) => {
    expect(() => checkFinetune({ data: 'd', ...given })).toThrow(message)
    expect(() => checkFinetune({ data: 'd', ...given })).toThrow(ConfigError)
  })
})
