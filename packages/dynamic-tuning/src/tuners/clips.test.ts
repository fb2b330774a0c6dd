import { compile } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { buildModel, modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { framesOf, plainClipHead } from '../models/plain-clip.test.support.ts'
import { sampleInput, sampleSize } from '../models/samples/sample-layout.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { canMerge, mergeTuned, type TunedWeights } from '../network/merge.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues, toRows } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { tuners } from './registry.ts'
import { tune } from './tune.ts'
import type { Tuner } from './tuner.ts'

const config = { ...tiny, frames: 2 }
const clip = noise(sampleSize(modelOf(config).sample), 3)

function tunedBy(tuner: Tuner): TunedWeights {
  const sizes = { bottleneck: Math.min(3, tuner.defaults.bottleneck), rank: 2, promptLength: 2 }
  const options = { ...tuner.defaults, ...sizes }
  const shapes = modelShapes(modelOf(config), tune(tuner, options, { kind: 'masked' }).hooks)
  return { network: network({ ...modelOf(config), tuner, options }), tensors: randomValues(shapes, 7, 0.3) }
}

async function logitsOf({ tensors, ...model }: TunedWeights): Promise<Float32Array> {
  const store = new WeightStore({ tensors })
  const classifier = await Classifier.create({ ...model, store, compile: { threads: 1 } })
  const { logits } = withLogits(await classifier.classify(clip))
  await classifier.release()
  return logits
}

describe.each(tuners.map((tuner) => [tuner.name, tuner] as const))('%s on clips', (_name, tuner) => {
  const tuned = tunedBy(tuner)

  it('is what it is on every frame by itself, pooled', async () => {
    const { hooks } = tune(tuner, tuned.network.options, { kind: 'masked' })
    const store = new WeightStore({ tensors: tuned.tensors })
    const { sample, ...model } = modelOf(config)
    const { features } = buildModel(
      sampleInput(modelOf(tiny).sample, 'images', 2),
      store,
      { ...model, sample: { ...sample, toImages: (x) => x } },
      { hooks },
    )
    const program = await compile({ features }, { threads: 1 })
    const found = await program.run({ images: Float32Array.from(framesOf(clip, config).flat()) })
    await program.release()
    const rows = toRows(found.features.data as Float32Array, tiny.embedDim)
    // The query sees class token and patches, no prompts.
    expect(rows).toHaveLength(2 * 7)
    expect(farthest(await logitsOf(tuned), plainClipHead(rows, tuned.tensors, config).logits)).toBeLessThan(
      2e-5,
    )
  })

  it('trains as many weights beside the head as on images', () => {
    const { options } = tuned.network
    const count = (of: typeof tiny): number =>
      modelCost({ network: network({ ...modelOf(of), tuner, options }) }).params.trainableWithoutHead
    expect(count(config)).toBe(count(tiny))
    expect(tuner.parameterCount(config, options)).toBe(tuner.parameterCount(tiny, options))
  })
})

describe('a method folded into the weights, on clips', () => {
  it.each(tuners.filter(canMerge).map((tuner) => [tuner.name, tuner] as const))(
    '%s computes the same',
    async (_name, tuner) => {
      const tuned = tunedBy(tuner)
      const merged = mergeTuned(tuned)
      expect(merged.network.sample).toBe(tuned.network.sample)
      const [before, after] = [await logitsOf(tuned), await logitsOf(merged)]
      expect(farthest(after, before)).toBeLessThan(1e-4 * Math.max(1, ...before.map(Math.abs)))
    },
  )
})
