import { describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { ConfigError } from '../errors.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { SwinModelConfig } from '../models/model-config.ts'
import { tinySwin } from '../models/swin/swin.test.support.ts'
import { canMerge, mergeTuned, type TunedWeights } from '../network/merge.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { checkReductionFits } from '../reduction/check-reduction.ts'
import { reductionOptions } from '../reduction/options.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { TrainingStep } from '../training/training-step.ts'
import { checkModel } from './check-tuning.ts'
import { dyt } from './dyt.ts'
import { tunerNamed, tuners } from './registry.ts'
import { tune } from './tune.ts'
import type { Tuner, TunerOptions } from './tuner.ts'

const config: SwinModelConfig = { ...tinySwin, embedDim: 8, numHeads: [2, 4] }
const size = 2
const images = noise(size * 3 * config.imageSize[0] * config.imageSize[1], 2)
const sizes = { bottleneck: 3, rank: 2, adapterDropout: 0, loraAlpha: 4 }

/** Methods that need one sequence of tokens of one width. */
const refused = ['vpt-shallow', 'vpt-deep', 'fact-tt', 'fact-tk', 'res-tuning', 'noah']
const accepted = tuners.filter(({ name }) => !refused.includes(name))

function optionsOf(tuner: Tuner): TunerOptions {
  const used = Object.entries(sizes).filter(([name]) => (tuner.uses as readonly string[]).includes(name))
  return { ...tuner.defaults, ...Object.fromEntries(used) }
}

async function logitsOf(
  { network, tensors }: TunedWeights,
  pass: 'skip' | 'masked' | 'complete',
): Promise<Float32Array> {
  const store = new WeightStore({ tensors, seed: 3 })
  const common = { network, store, pass, seed: 4 }
  const classifier = await Classifier.create({ ...common, compile: { threads: 1 } })
  const { logits } = withLogits(await classifier.classify(images))
  await classifier.release()
  return logits
}

function randomTuned(tuner: Tuner, options: TunerOptions): TunedWeights {
  const kind = options.dispatchStrategy === 'random' ? 'complete' : 'masked'
  const shapes = modelShapes(modelOf(config), tune(tuner, options, { kind }).hooks)
  return { network: network({ ...modelOf(config), tuner, options }), tensors: randomValues(shapes, 7, 0.3) }
}

describe('methods on a Swin', () => {
  it.each(accepted.map((tuner) => [tuner.name, tuner] as const))(
    '%s: parameters, start, training, merging, skipping',
    async (_name, tuner) => {
      const options = optionsOf(tuner)
      expect(() => checkModel('test', tuner, options, config)).not.toThrow()
      for (const qkvBias of [true, false]) {
        const model = { ...config, qkvBias }
        const { trainableWithoutHead, trainableParts } = modelCost({
          network: network({ ...modelOf(model), tuner, options }),
        }).params
        const gates = trainableParts.mlp_token_select ?? 0
        expect(trainableWithoutHead - gates).toBe(tuner.parameterCount(model, options))
      }
      const base = randomValues(modelShapes(modelOf(config)), 1)
      const fresh = await logitsOf(
        { network: network({ ...modelOf(config), tuner, options }), tensors: base },
        'complete',
      )
      const plain = { network: network(modelOf(config)), tensors: base }
      const off = farthest(fresh, await logitsOf(plain, 'complete'))
      if (tuner.startsAsBase) expect(off).toBeLessThan(1e-5)
      else expect(off).toBeGreaterThan(1e-3)
      await movesWhatItTrains(tuner, options)
      const tuned = randomTuned(tuner, options)
      const wanted = await logitsOf(tuned, 'skip')
      const limit = 2e-5 * Math.max(1, ...wanted.map(Math.abs))
      if (canMerge(tuner))
        expect(farthest(await logitsOf(mergeTuned(tuned), 'skip'), wanted)).toBeLessThan(limit)
      const dispatched = randomTuned(tuner, { ...options, dispatch: 'mlp', rate: 0.5 })
      const skipped = await logitsOf(dispatched, 'skip')
      expect(farthest(await logitsOf(dispatched, 'masked'), skipped)).toBeLessThan(10 * limit)
      expect(farthest(await logitsOf(dispatched, 'complete'), skipped)).toBeGreaterThan(1e-3)
    },
  )

  it.each(refused)('%s is refused with the reason', (name) => {
    const tuner = tunerNamed(name)
    const check = () => checkModel('test', tuner, tuner.defaults, config)
    expect(check).toThrow(ConfigError)
    expect(check).toThrow(new RegExp(`test: ${name} cannot go with this model: .* here `))
    const joined = tunerNamed(`adaptformer+vpt-deep`)
    expect(() => checkModel('test', joined, joined.defaults, config)).toThrow(/its prompts join one sequence/)
  })

  it('attention cannot skip tokens, but whole images can', () => {
    for (const dispatch of ['attention', 'attention-mlp', 'layer'] as const) {
      const options = { ...dyt.defaults, dispatch }
      expect(() => checkModel('test', dyt, options, config)).toThrow(/works in windows .* Use dispatch mlp/)
      expect(() => checkModel('test', dyt, { ...options, dispatchLevel: 'sample' }, config)).not.toThrow()
    }
    expect(() => checkModel('test', dyt, { ...dyt.defaults, dispatchLayers: [4] }, config)).toThrow(/0 to 3/)
  })

  it('no token is merged or dropped', () => {
    for (const reduction of ['tome', 'evit', 'dynamicvit'] as const)
      expect(() => checkReductionFits('test', reductionOptions({ reduction }), modelOf(config))).toThrow(
        /fill a grid whose windows must stay whole/,
      )
  })

  it.each([
    ['sample level, whole layers', { dispatch: 'layer', dispatchLevel: 'sample' }],
    ['sample level, attention and MLP', { dispatch: 'attention-mlp', dispatchLevel: 'sample' }],
    ['random', { dispatchStrategy: 'random' }],
    ['some layers', { dispatchLayers: [1, 2] }],
    ['experts', { experts: 2 }],
  ] as const)('skips as it masks: %s', async (_name, change) => {
    const tuned = randomTuned(dyt, { ...optionsOf(dyt), ...change })
    const [skipped, masked] = [await logitsOf(tuned, 'skip'), await logitsOf(tuned, 'masked')]
    expect(farthest(skipped, masked)).toBeLessThan(2e-4 * Math.max(1, ...masked.map(Math.abs)))
  })
})

async function movesWhatItTrains(tuner: Tuner, options: TunerOptions): Promise<void> {
  const shapes = modelShapes(modelOf(config), tune(tuner, options, { kind: 'masked' }).hooks)
  const trainable = network({ ...modelOf(config), tuner, options }).tunable
  const store = new WeightStore({ tensors: randomValues(shapes, 6), trainable })
  const common = {
    network: network({ ...modelOf(config), tuner, options }),
    store,
    taskLoss: classificationLoss,
    loss: paperLoss,
    seed: 5,
    microBatch: size,
  }
  const step = await TrainingStep.create({ ...common, compile: { threads: 1 } })
  const targets = classTargets(BigInt64Array.of(0n, 2n), { classes: config.numClasses })
  const { gradients } = await step.run({ images, targets, size }, 0)
  await step.release()
  const trained = [...shapes.keys()].filter((name) => trainable.some((pattern) => pattern.test(name)))
  expect([...gradients.keys()].sort()).toEqual(trained.sort())
  // A closed ReLU or gate may leave a weight without a gradient, not many.
  const still = [...gradients].filter(([, data]) => data.every((value) => value === 0)).map(([name]) => name)
  expect(still.length).toBeLessThan(trained.length / 4)
}
