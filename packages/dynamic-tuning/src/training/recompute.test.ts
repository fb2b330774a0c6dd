import { topologicalOrder } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { tinySwin } from '../models/swin/swin.test.support.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { type ReductionOptions, reductionOptions } from '../reduction/options.ts'
import { openReduction } from '../reduction/registry.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { dyt } from '../tuners/dyt.ts'
import { full } from '../tuners/full.ts'
import { tune } from '../tuners/tune.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { paperLoss } from './loss-graph.ts'
import { objective } from './objective.ts'
import { TrainingStep } from './training-step.ts'

const images = 5
const deep = { ...tiny, depth: 5 }

interface Case {
  readonly config: ModelConfig
  readonly tuner: Tuner
  readonly options?: Partial<TunerOptions>
  readonly reduction?: ReductionOptions
}

const cases: Readonly<Record<string, Case>> = {
  'Dynamic Tuning': { config: deep, tuner: dyt },
  'dispatched layers': {
    config: deep,
    tuner: dyt,
    options: { dispatch: 'layer', experts: 2 },
  },
  'dispatched attention': {
    config: deep,
    tuner: dyt,
    options: { dispatch: 'attention-mlp' },
  },
  'Dynamic Tuning on clips': { config: { ...deep, frames: 2 }, tuner: dyt },
  'Dynamic Tuning on a Swin': { config: { ...tinySwin, depths: [2, 3] }, tuner: dyt },
  'full tuning': { config: deep, tuner: full },
  DynamicViT: {
    config: deep,
    tuner: adaptformer,
    reduction: reductionOptions({ reduction: 'dynamicvit', reductionLayers: [1, 3], keepRate: 0.6 }),
  },
  ToMe: {
    config: deep,
    tuner: adaptformer,
    reduction: reductionOptions({ reduction: 'tome', tomeR: 1, tomeTraining: true }),
  },
}

function settingsOf({ config, tuner, options: chosen, reduction }: Case) {
  const options: TunerOptions = { ...tuner.defaults, bottleneck: 3, adapterDropout: 0.1, ...chosen }
  const { hooks } = tune(tuner, options, { kind: options.dispatch === 'none' ? 'complete' : 'masked' })
  const all = { ...hooks, ...openReduction(reduction, 'reduce', modelOf(config)).hooks }
  const tensors = randomValues(modelShapes(modelOf(config), all), 4)
  const tuned = network({ ...modelOf(config), tuner, options, reduction })
  const store = (): WeightStore => new WeightStore({ tensors, trainable: tuned.tunable })
  return { store, settings: { network: tuned, taskLoss: classificationLoss, loss: paperLoss } }
}

async function oneStep(chosen: Case, recompute: boolean) {
  const { store, settings } = settingsOf(chosen)
  const common = { ...settings, store: store(), seed: 1, microBatch: 3, recompute }
  const step = await TrainingStep.create({ ...common, compile: { threads: 1 } })
  const { imageSize, frames = 1, numClasses } = chosen.config
  const pixels = noise(images * frames * 3 * imageSize[0] * imageSize[1], 2)
  const labels = BigInt64Array.from({ length: images }, (_, i) => BigInt(i % numClasses))
  const result = await step.run(
    { images: pixels, targets: classTargets(labels, { classes: numClasses }), size: images },
    3,
  )
  await step.release()
  return result
}

describe('a step that computes layers again', () => {
  it.each(Object.entries(cases))('gives the same bits: %s', async (_name, chosen) => {
    const [kept, again] = [await oneStep(chosen, false), await oneStep(chosen, true)]
    expect(again.scalars).toEqual(kept.scalars)
    expect(again.outputs).toEqual(kept.outputs)
    expect(again.gradients.size).toBeGreaterThan(3)
    expect(again.gradients).toEqual(kept.gradients)
  })

  it.each(Object.entries(cases))('does so for all but the first and the last: %s', (_name, chosen) => {
    const { store, settings } = settingsOf(chosen)
    const checkpoints = (recompute: boolean): number => {
      const outputs = objective(store(), { ...settings, recompute })
      return topologicalOrder(Object.values(outputs)).filter(({ op }) => op.name === 'Delayed').length
    }
    expect(checkpoints(false)).toBe(0)
    const layers = 'depth' in chosen.config ? chosen.config.depth : 5
    expect(checkpoints(true)).toBeGreaterThanOrEqual(layers - 2)
  })
})
