import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDataset } from '../data/dataset.ts'
import { sampleReader } from '../data/samples/reader.ts'
import { classTruth } from '../data/truths/class.ts'
import { valueIn } from '../evaluation/measure.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { noahSearch } from '../study/noah/noah-search.ts'
import { crossEntropyAt } from '../tasks/classification/logits.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { calibrateRun } from './calibrate/calibrate-run.ts'
import { findDeadBlocks } from './dead-blocks/find-dead-blocks.ts'
import { evaluateRun } from './evaluate-run.ts'
import { explainRun } from './explain/explain-run.ts'
import { finetune } from './finetune.ts'
import { pretrain } from './pretrain.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun, type TunedRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'clips-'))
const wanted = {
  data: 'builtin:motion',
  frames: 3,
  views: [1, 2],
  trainSize: 24,
  testSize: 8,
  batch: 8,
} as const
let run: TunedRun
beforeAll(async () => {
  await tinyRun(folder, 'whole', { ...wanted, epochs: 2 })
  run = openRun(join(folder, 'whole'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const { test } = classTruth.of(await openDataset('builtin:motion', { testSize: 8 }))
const adapter = (name: string): Buffer => readFileSync(join(folder, name, 'adapter.safetensors'))

describe('a run on clips', () => {
  it('saves how clips are cut, and trains the pooling', () => {
    expect(run.settings).toMatchObject({
      frames: 3,
      sampling: 'uniform',
      views: [1, 2],
      resize: 'crop',
      augment: 'none',
    })
    expect(run.config.frames).toBe(3)
    expect([...run.tensors.keys()]).toContain('attentive_blocks.cross_attn.q.weight')
    const query = run.tensors.get('query_token')?.data as Float32Array
    expect(query.some((value) => value !== 0)).toBe(true) // it started at zero
  })

  it('is tested on the mean of the logits of all views', async () => {
    const classifier = await run.classifier('masked')
    const reader = sampleReader({ frames: 3, views: [1, 2] }, run.transform)
    let correct = 0
    let [active, loss] = [0, 0]
    try {
      for (const { source, truth: label } of test) {
        const views = await reader.read(source)
        const half = views.length / 2
        const each = [
          withLogits(await classifier.classify(views.subarray(0, half))),
          withLogits(await classifier.classify(views.subarray(half))),
        ]
        const mean = Array.from(
          { length: 8 },
          (_, k) => ((each[0]?.logits[k] as number) + (each[1]?.logits[k] as number)) / 2,
        )
        if (mean.indexOf(Math.max(...mean)) === label) correct++
        loss += crossEntropyAt(Float32Array.from(mean), 0, 8, label)
        for (const { masks } of each)
          active += (masks as Float32Array).reduce((a, b) => a + b, 0) / (masks as Float32Array).length / 2
      }
    } finally {
      reader.close()
      await classifier.release()
    }
    for (const pass of ['skip', 'masked'] as const) {
      const evaluation = await evaluateRun(run, { workers: 0, pass, batch: 3 })
      expect(evaluation).toMatchObject({ images: 8, accuracy: correct / 8, frames: 3 })
      expect(evaluation.activeRate).toBeCloseTo(active / 8, 5)
      expect(evaluation.loss).toBeCloseTo(loss / 8, 5)
    }
    const [own, single] = [
      await evaluateRun(run, { workers: 0 }),
      await evaluateRun(run, { workers: 0, views: [1, 1] }),
    ]
    expect(single.loss).not.toBe(own.loss)
    expect(single.flops).toBeGreaterThan(0)
  })

  it('that is stopped and resumed ends with the bits of one that was not', async () => {
    const stop = new AbortController()
    const out = join(folder, 'parts')
    const { settings } = run
    const first = await finetune({ ...settings }, { out, signal: stop.signal, onStep: () => stop.abort() })
    expect(first).toMatchObject({ steps: 1 })
    expect(first.summary).toBeUndefined()
    const second = await finetune({}, { out, resume: true })
    expect(second.steps).toBe(6)
    expect(adapter('parts').equals(adapter('whole'))).toBe(true)
  })

  it('is explained by frames side by side, and by an animation', async () => {
    const { pictures, activeRate } = await explainRun(run, { pictures: 2, out: join(folder, 'pictures') })
    expect(pictures.length).toBe(2)
    expect(activeRate).toBeGreaterThan(0)
    for (const { file, animation } of pictures) {
      const sheet = await sharp(file).metadata()
      // Rows: clip, 2 layers, heat.
      expect([sheet.format, sheet.width, sheet.height]).toEqual(['png', 92 + 3 * 118, 24 + 4 * 118])
      const moving = await sharp(animation as string).metadata()
      expect([moving.format, moving.pages, moving.delay]).toEqual(['webp', 3, [250, 250, 250]])
    }
    expect(readdirSync(join(folder, 'pictures')).length).toBe(4)
  })
})

describe('a run on clips, calibrated', () => {
  it('is as accurate at the trained threshold as when tested, over all views', async () => {
    const { points } = await calibrateRun(run, { points: 11, workers: 0 })
    const tested = await evaluateRun(run, { workers: 0 })
    const trained = points.find(({ thresholds }) => thresholds.every((each) => each === 0.5))
    expect(trained).toMatchObject({ accuracy: valueIn(tested, accuracy), flops: tested.flops })
  })

  it('has no dead blocks where every gate lets some through', async () => {
    const { blocks, images } = await findDeadBlocks(run, { workers: 0 })
    expect(images).toBe(8)
    const { gates } = await evaluateRun(run, { workers: 0, views: [1, 1] })
    expect(blocks.map((form) => form === 'dispatched')).toEqual(gates.map(({ rate }) => rate > 0))
  })
})

describe('clips are refused', () => {
  it('by what works on images alone', async () => {
    const out = join(folder, 'none')
    await expect(pretrain({ data: 'builtin:motion', epochs: 5 }, { out })).rejects.toThrow(
      /pretrain: builtin:motion is of clips/,
    )
    const search = noahSearch(
      { data: 'builtin:motion', model: join(folder, 'tiny.safetensors') },
      { out: join(folder, 'search') },
    )
    await expect(search).rejects.toThrow(/noah-search: .*builtin:motion is of clips/)
  })

  it('where settings make no sense', async () => {
    const tune = (more: object) => finetune({ ...wanted, ...more }, { out: join(folder, 'bad') })
    await expect(tune({ data: 'builtin:nature' })).rejects.toThrow(
      'finetune: frames is 3, but builtin:nature holds images. Leave it out, or give videos.',
    )
    await expect(tune({ sampling: 'uniform', samplingRate: 4 })).rejects.toThrow(
      /samplingRate 4 is of dense clips/,
    )
    await expect(tune({ views: [3, 1], resize: 'squash' })).rejects.toThrow(
      /3 spatial views need videos that are cropped/,
    )
    await expect(evaluateRun(openRun(join(folder, 'whole')), { data: 'builtin:direction' })).rejects.toThrow(
      /class 0 is right, expected still/,
    )
  })
})
