import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Batch } from '../data/loader/batch.ts'
import { RunError } from '../errors.ts'
import { valueIn } from '../evaluation/measure.ts'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { openRunFolder } from '../io/run-folder.ts'
import { drawWeights } from '../models/backbone.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { evaluateRun } from './evaluate-run.ts'
import { finetune } from './finetune.ts'
import { prepareRun } from './prepare-run.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import type { FinetuneInput } from './settings/finetune-settings.ts'
import { trainingLoader } from './training-parts.ts'
import { openRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'finetune-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = {
  imageSize: [16, 16],
  patchSize: 8,
  embedDim: 16,
  depth: 2,
  numHeads: 2,
  mlpRatio: 2,
  numClasses: 3,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
} as const
const model = join(folder, 'tiny.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(config, 3), config })

const input = {
  data: 'builtin:orientation',
  model,
  // The last batch of an epoch has two images; each batch runs in pieces.
  trainSize: 42,
  testSize: 16,
  batch: 8,
  microBatch: 3,
  bottleneck: 2,
  epochs: 3,
  threads: 1,
  workers: 0,
} as const
const at = (name: string): string => join(folder, name)
const bytes = (name: string): Buffer => readFileSync(join(at(name), 'adapter.safetensors'))
const steady = ({
  seconds: _s,
  loaderWaitShare: _l,
  peakMemoryMB: _p,
  run: _r,
  ...rest
}: {
  seconds: number
  loaderWaitShare?: number
  peakMemoryMB: number
  run: string
}) => rest

type Line = Readonly<Record<string, unknown>>

/** The loader of a run, and the batches of its first epoch. */
async function firstEpoch(more: Partial<FinetuneInput>) {
  const loader = trainingLoader(await prepareRun(checkFinetune({ ...input, ...more })))
  const batches: Batch[] = []
  for await (const batch of loader.epoch(0)) batches.push(batch)
  await loader.close()
  return { loader, batches }
}

describe('finetune', () => {
  it('stopped in mid-epoch and at an epoch’s end, resumes to the bits and figures of an uninterrupted run', async () => {
    const whole = await finetune(input, { out: at('whole') })
    const waited = whole.summary.loaderWaitShare
    expect(waited).toBeGreaterThan(0)
    expect(waited).toBeLessThan(1)
    const stopAfter = async (resume: boolean, step: number): Promise<void> => {
      const controller = new AbortController()
      const outcome = await finetune(resume ? {} : input, {
        out: at('parts'),
        resume,
        signal: controller.signal,
        onStep: (metrics) => metrics.step === step && controller.abort(),
      })
      expect(outcome).toMatchObject({ steps: step })
      expect(outcome.summary).toBeUndefined()
      expect(existsSync(join(at('parts'), 'adapter.safetensors'))).toBe(false)
    }
    await stopAfter(false, 2)
    await stopAfter(true, 6)
    await stopAfter(true, 8)
    const last = await finetune({}, { out: at('parts'), resume: true })
    expect(last.steps).toBe(18)
    expect(bytes('parts').equals(bytes('whole'))).toBe(true)
    if (!last.summary || !whole.summary) throw new Error('the runs ended without a summary')
    expect(steady(last.summary)).toEqual(steady(whole.summary))
    const run = openRun(at('parts'))
    const evaluation = await evaluateRun(run, { workers: 0 })
    expect(valueIn(evaluation, accuracy)).toBe(valueIn(whole.summary, accuracy))
    expect(evaluation.activeRatePerLayer).toEqual(whole.summary.activeRatePerLayer)
    const masked = await evaluateRun(run, { pass: 'masked', workers: 0 })
    expect(masked.loss).toBeCloseTo(evaluation.loss, 5)
    expect(masked.activeRatePerLayer).toEqual(evaluation.activeRatePerLayer)
  })

  it('trains on every image of an epoch, its last batch being what is left', async () => {
    const { loader, batches } = await firstEpoch({})
    expect(loader.skipped).toBe(0)
    expect(batches.map(({ size }) => size)).toEqual([8, 8, 8, 8, 8, 2])
    const seen = batches.flatMap(({ indices }) => [...indices])
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i))
    const lines = openRunFolder(at('whole'), { write: false }).readMetrics() as Line[]
    const losses = lines.filter(({ kind }) => kind === 'step').map(({ loss }) => loss as number)
    const mean = losses.slice(0, 6).reduce((sum, loss, i) => sum + (loss * (i < 5 ? 8 : 2)) / 42, 0)
    expect(lines.find(({ kind }) => kind === 'epoch')?.trainLoss).toBeCloseTo(mean, 10)
  })

  it('leaves the last batch out if asked to, and so goes on with runs saved without the setting', async () => {
    const { loader, batches } = await firstEpoch({ dropLast: true })
    expect([batches.length, loader.skipped]).toEqual([5, 2])
    const old = { ...input, epochs: 1, method: 'linear', bottleneck: undefined, dropLast: true }
    const whole = await finetune(old, { out: at('full batches') })
    expect(whole.steps).toBe(5)
    const controller = new AbortController()
    const onStep = ({ step }: { step: number }) => step === 2 && controller.abort()
    await finetune(old, { out: at('old'), signal: controller.signal, onStep })
    const path = join(at('old'), 'config.json')
    const { settings, ...rest } = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...rest, settings: { ...settings, dropLast: undefined } }))
    expect((await finetune({}, { out: at('old'), resume: true })).steps).toBe(5)
    expect(bytes('old')).toEqual(bytes('full batches'))
  })

  it('computes layers again to the same bits, and may do so when it goes on', async () => {
    const deeper = { ...config, depth: 4 }
    saveCheckpointFile(at('deeper.safetensors'), { tensors: drawWeights(deeper, 3), config: deeper })
    const asked = { ...input, model: at('deeper.safetensors'), epochs: 2 }
    await finetune(asked, { out: at('kept') })
    const controller = new AbortController()
    const halfway = { onStep: ({ step }: { step: number }) => step === 5 && controller.abort() }
    await finetune({ ...asked, recompute: true }, { out: at('again'), signal: controller.signal, ...halfway })
    const saved = JSON.parse(readFileSync(join(at('again'), 'config.json'), 'utf8'))
    expect(saved.settings.recompute).toBe(true)
    await finetune({ recompute: false }, { out: at('again'), resume: true })
    expect(bytes('again')).toEqual(bytes('kept'))
  })

  it('learns: full tuning fits what it is shown', async () => {
    const lines: number[] = []
    await finetune(
      { ...input, method: 'full', learningRate: 0.03, epochs: 12, bottleneck: undefined },
      { out: at('fit'), onEpoch: ({ trainLoss }) => lines.push(trainLoss) },
    )
    expect(lines.at(-1)).toBeLessThan(0.9 * (lines[0] as number))
  })

  it('needs no backbone to open a fully tuned run', async () => {
    await finetune(
      {
        ...input,
        model: 'vit_tiny_patch8_16',
        randomWeights: true,
        method: 'full',
        epochs: 1,
        bottleneck: undefined,
      },
      { out: at('own') },
    )
    expect(openRun(at('own')).tensors.has('blocks.11.mlp.fc2.weight')).toBe(true)
  })

  it('stops where the loss is no longer finite', async () => {
    const diverging = {
      ...input,
      method: 'linear',
      learningRate: 1e38,
      warmupEpochs: 0,
      bottleneck: undefined,
    }
    const failure = await finetune(diverging, { out: at('nan') }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RunError)
    // No checkpoint was written before: the message does not promise one.
    expect((failure as Error).message).toMatch(
      /^train: the loss is (NaN|Infinity) at step \d+\. Start again with a smaller learning rate\.$/,
    )
    expect(existsSync(join(at('nan'), 'adapter.safetensors'))).toBe(false)
  })
})
