import { describe, expect, it } from 'vitest'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { network } from '../network/network.ts'
import { farthest, noise, plainSoftmax, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { type ReductionOptions, reductionOptions } from '../reduction/options.ts'
import { plainReduced } from '../reduction/plain-reduction.test.support.ts'
import { openReduction } from '../reduction/registry.ts'
import { argMaxAt } from '../tasks/classification/logits.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { tune } from '../tuners/tune.ts'
import type { TunerOptions } from '../tuners/tuner.ts'
import { paperLoss } from './loss-graph.ts'
import { gumbelNoise } from './noise.ts'
import { AdamW } from './optimizers/adamw.ts'
import { expectSlopes } from './slopes.test.support.ts'
import { TrainingStep } from './training-step.ts'

const config: VitModelConfig = {
  imageSize: [12, 16],
  patchSize: 4,
  embedDim: 12,
  depth: 3,
  numHeads: 3,
  mlpRatio: 2,
  numClasses: 4,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}
const options: TunerOptions = {
  ...adaptformer.defaults,
  bottleneck: 4,
  adapterScale: 0.7,
  adapterDropout: 0,
}
const images = 8
const size = 3 * 12 * 16
const pixels = noise(images * size, 1)
const labels = BigInt64Array.from({ length: images }, (_, i) => BigInt((i * 3) % 4))
const batch = { images: pixels, targets: classTargets(labels, { classes: 4 }), size: images }

const cases = {
  tome: reductionOptions({ reduction: 'tome', tomeR: 2, tomeTraining: true }),
  evit: reductionOptions({ reduction: 'evit', reductionLayers: [0, 1], keepRate: 0.6 }),
  dynamicvit: reductionOptions({ reduction: 'dynamicvit', reductionLayers: [1], keepRate: 0.5 }),
}

function drawnWeights(reduction: ReductionOptions) {
  const { hooks } = tune(adaptformer, options, { kind: 'complete' })
  return randomValues(
    modelShapes(modelOf(config), { ...hooks, ...openReduction(reduction, 'reduce', modelOf(config)).hooks }),
    4,
  )
}

const drawn = gumbelNoise({ seed: 2, step: 0, first: 0 }, [1, images, 12])

/** Mean cross-entropy in plain loops and double precision. */
function plainLoss(values: Values, reduction: ReductionOptions): number {
  const noiseOf = (image: number) => (_stage: number, patch: number) =>
    drawn.data[image * 12 + patch] as number
  const losses = Array.from(labels, (label, i) => {
    const image = pixels.subarray(i * size, (i + 1) * size)
    const own = { options: reduction, adapterScale: 0.7, noise: noiseOf(i) }
    return -Math.log(plainSoftmax(plainReduced(image, values, config, own).logits)[Number(label)] as number)
  })
  return losses.reduce((a, b) => a + b, 0) / images
}

describe('a training step on fewer tokens', () => {
  it.each(Object.entries(cases))('has the slopes of plain loops: %s', async (name, reduction) => {
    const values = drawnWeights(reduction)
    // What comes before DynamicViT's predictor has a straight-through gradient, which no difference shows.
    const patterns = name === 'dynamicvit' ? [/^blocks\.[12]\./, /^norm\./, /^head\./] : [/./]
    const store = new WeightStore({ tensors: values, trainable: patterns })
    const loss = { rateWeight: 0, complete: false, distillation: false }
    const common = {
      network: network({ ...modelOf(config), tuner: adaptformer, options, reduction }),
      taskLoss: classificationLoss,
      loss,
      store,
      seed: 0,
    }
    const step = await TrainingStep.create({ ...common, microBatch: images, compile: { threads: 1 } })
    const { scalars, gradients } = await step.run(batch, 0, name === 'dynamicvit' ? drawn : undefined)
    await step.release()
    expect(scalars.loss).toBeCloseTo(plainLoss(values, reduction), 4)
    expectSlopes(gradients, values, (moved) => plainLoss(moved, reduction))
  })

  it.each(Object.entries(cases))('does not depend on how the batch is cut: %s', async (_name, reduction) => {
    const tuned = network({ ...modelOf(config), tuner: adaptformer, options, reduction })
    const inPieces = async (microBatch: number) => {
      const store = new WeightStore({ tensors: drawnWeights(reduction), trainable: tuned.tunable })
      const common = { network: tuned, taskLoss: classificationLoss, loss: paperLoss, store, seed: 0 }
      const step = await TrainingStep.create({ ...common, microBatch, compile: { threads: 1 } })
      const result = await step.run(batch, 0)
      await step.release()
      return result
    }
    const [whole, cut] = [await inPieces(images), await inPieces(3)]
    expect(Object.keys(cut.scalars)).toEqual(Object.keys(whole.scalars))
    for (const [term, value] of Object.entries(whole.scalars)) expect(cut.scalars[term]).toBeCloseTo(value, 5)
    for (const [name, gradient] of whole.gradients)
      expect(farthest(cut.gradients.get(name) ?? [], gradient), name).toBeLessThan(1e-5)
  })

  it.each(['evit', 'dynamicvit'] as const)('learns 8 images by heart: %s with adapters', async (name) => {
    const reduction = cases[name]
    const values = new Map(
      [...drawnWeights(reduction)].filter(([key]) => !/adaptmlp|predictor|head/.test(key)),
    )
    const tuned = network({ ...modelOf(config), tuner: adaptformer, options, reduction })
    const store = new WeightStore({ tensors: values, trainable: tuned.tunable, seed: 1 })
    const common = {
      network: tuned,
      taskLoss: classificationLoss,
      loss: paperLoss,
      store,
      seed: 3,
    }
    const step = await TrainingStep.create({ ...common, microBatch: images, compile: { threads: 1 } })
    const optimizer = new AdamW(step.weights)
    const frozen = [...step.weights.keys()].filter((key) => !/adaptmlp|predictor|^head/.test(key))
    expect(frozen).toEqual([])
    let last = Number.POSITIVE_INFINITY
    for (let done = 0; done < 150; done++) {
      const { gradients, scalars } = await step.run(batch, done)
      last = (scalars.ceDynamic ?? scalars.loss) as number
      optimizer.update(gradients, 2e-2)
    }
    const tensors = new Map([...values, ...step.weights])
    await step.release()
    expect(last).toBeLessThan(0.2)
    const inference = { ...common, store: new WeightStore({ tensors }), compile: { threads: 1 } }
    const classifier = await Classifier.create(inference)
    const { logits } = withLogits(await classifier.classify(pixels))
    await classifier.release()
    const found = Array.from(labels, (_, i) => BigInt(argMaxAt(logits, i * 4, 4)))
    expect(found).toEqual([...labels])
  })
})
