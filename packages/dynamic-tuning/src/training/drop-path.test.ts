import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelShapes } from '../models/build-model.ts'
import { layersOf } from '../models/families.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { plainSwin } from '../models/swin/plain-swin.test.support.ts'
import { tinySwin } from '../models/swin/swin.test.support.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { plainVit } from '../models/vit/plain-vit.test.support.ts'
import { network } from '../network/network.ts'
import { noise, plainSoftmax, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { gateShape } from '../tuners/dispatch-inputs.ts'
import { dropPathChances } from '../tuners/drop-path.ts'
import { dyt } from '../tuners/dyt.ts'
import { type PlainGate, type PlainPass, plainDispatch } from '../tuners/plain-dispatch.test.support.ts'
import { tune } from '../tuners/tune.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { ResidentLearner } from './learners/resident.ts'
import { paperLoss } from './loss-graph.ts'
import { dropFactors, gumbelNoise } from './noise.ts'
import { expectSlopes } from './slopes.test.support.ts'
import { TrainingStep } from './training-step.ts'

const vit = { ...tiny, depth: 3 }
const images = 3
const labels = [0, 2, 1]
const dropPath = 0.5
const loss = { ...paperLoss, rateWeight: 0 }

/** A network with drop path, drawn weights, a batch, and what is drawn for it at step 0. */
function scene(config: ModelConfig, tuner: Tuner, chosen: Partial<TunerOptions>) {
  const small = { bottleneck: 3, adapterScale: 0.7, adapterDropout: 0, rate: 0.4 }
  const options: TunerOptions = { ...tuner.defaults, ...small, ...chosen }
  const values = randomValues(modelShapes(modelOf(config), tune(tuner, options, { kind: 'masked' }).hooks), 4)
  const tuned = network({ ...modelOf(config), tuner, options, dropPath })
  const size = 3 * config.imageSize[0] * config.imageSize[1]
  const pixels = noise(images * size, 1)
  const { sites, decisions } = gateShape(options, config)
  const gumbel = gumbelNoise({ seed: 1, step: 0, first: 0 }, [sites.length, images, decisions]).data
  return {
    ...{ config, options, values, tuned },
    store: () => new WeightStore({ tensors: values, trainable: tuned.tunable }),
    image: (i: number) => pixels.subarray(i * size, (i + 1) * size),
    noiseOf: (i: number) =>
      sites.map((_, gate) => {
        const start = (gate * images + i) * decisions
        return Array.from(gumbel.subarray(start, start + decisions))
      }),
    batch: { images: pixels, targets: classTargets(labels, { classes: config.numClasses }), size: images },
  }
}

/** Factors of all branches for an image in a pass, attention and MLP of the first layer first. */
function factorsOf(config: ModelConfig, pass: string, image: number): number[] {
  const chances = dropPathChances(dropPath, config).flatMap((chance) => [chance, chance])
  const { data } = dropFactors({ seed: 1, step: 0, first: 0, kind: 'drop path', pass }, chances, [images, 1])
  return chances.map((_, branch) => data[branch * images + image] ?? Number.NaN)
}

/** The weights with which a model gives each branch's output times its factor. */
function scaled(values: Values, config: ModelConfig, factors: readonly number[]): Values {
  const changed = layersOf(config).flatMap(({ path }, layer) =>
    ['attn.proj', 'mlp.fc2'].flatMap((map, branch) =>
      ['weight', 'bias'].map((kind): [string, TensorData] => {
        const { shape, data } = values.get(`${path}.${map}.${kind}`) as TensorData
        const factor = factors[2 * layer + branch] ?? Number.NaN
        return [
          `${path}.${map}.${kind}`,
          {
            dtype: 'float64',
            shape,
            data: Float64Array.from(data as Float32Array, (value) => value * factor),
          },
        ]
      }),
    ),
  )
  return new Map([...values, ...changed])
}

type Scene = ReturnType<typeof scene>
/** What is held while a weight moves a little. */
type Held = readonly { readonly gates: readonly PlainGate[]; readonly teacher: readonly number[] }[]

/** The loss without the rate term, in plain loops and double precision. */
function plainLoss(of: Scene, values: Values, held?: Held) {
  const { config, options, image, noiseOf } = of
  const all = labels.map((label, i) => {
    const under = (pass: string) => scaled(values, config, factorsOf(config, pass, i))
    const run = (pass: string, how: PlainPass) => plainDispatch(image(i), under(pass), vit, options, how)
    if (options.dispatch === 'none') {
      const { logits } = plainVit(image(i), under('dropPath'), vit, { kind: 'adapters', adapterScale: 0.7 })
      return { loss: -Math.log(plainSoftmax(logits)[label] ?? 0), gates: [], teacher: [] }
    }
    const kept = held && { kept: held[i]?.gates ?? [] }
    const dynamic = run('dropPath', { noise: noiseOf(i), ...kept })
    const [student, teacher] = [dynamic.logits, run('dropPathComplete', { complete: true }).logits].map(
      plainSoftmax,
    ) as [number[], number[]]
    const fixed = held?.[i]?.teacher ?? teacher
    const kl = fixed.reduce((sum, p, k) => sum + p * Math.log(p / (student[k] ?? 0)), 0)
    const ce = -Math.log(student[label] ?? 0) - Math.log(teacher[label] ?? 0)
    return { loss: ce + kl, gates: dynamic.gates, teacher }
  })
  return { loss: all.reduce((sum, each) => sum + each.loss, 0) / images, held: all }
}

const cases = [
  ['no', adaptformer, {}],
  ['some', dyt, { dispatch: 'mlp' }],
  ['some', dyt, { dispatch: 'attention-mlp' }],
  ['some', dyt, { dispatch: 'layer' }],
  ['some', dyt, { dispatch: 'mlp', dispatchLevel: 'sample' }],
  ['some', dyt, { dispatch: 'layer', dispatchLevel: 'sample' }],
] as const

describe('drop path', () => {
  it('rises from layer to layer, keeps the mean, and each pass and image has draws of its own', () => {
    expect(dropPathChances(0.1, { ...tiny, depth: 5 })).toEqual(
      [0, 0.025, 0.05, 0.075, 0.1].map((chance) => expect.closeTo(chance, 12)),
    )
    expect(dropPathChances(0.3, tinySwin)).toEqual(
      [0, 0.1, 0.2, 0.3].map((chance) => expect.closeTo(chance, 12)),
    )
    expect(dropPathChances(0.1, { ...tiny, depth: 1 })).toEqual([0])
    const key = { seed: 1, step: 0, first: 0, kind: 'drop path', pass: 'dropPath' } as const
    const { data, shape } = dropFactors(key, [0, 0.25], [4000, 1])
    expect(shape).toEqual([2, 4000, 1])
    expect(new Set(data.subarray(0, 4000))).toEqual(new Set([1]))
    const drawn = data.subarray(4000)
    expect(new Set(drawn)).toEqual(new Set([0, Math.fround(1 / 0.75)]))
    expect(drawn.reduce((sum, value) => sum + value, 0) / 4000).toBeCloseTo(1, 1)
    expect(dropFactors({ ...key, first: 7 }, [0, 0.25], [1, 1]).data[1]).toBe(drawn[7])
    for (const other of [{ seed: 2 }, { step: 1 }, { pass: 'dropPathComplete' }])
      expect(dropFactors({ ...key, ...other }, [0, 0.25], [4000, 1]).data).not.toEqual(data)
    const drops = labels.map((_, i) => factorsOf(vit, 'dropPath', i))
    expect(drops.flat()).toContain(0)
    expect(drops).not.toEqual(labels.map((_, i) => factorsOf(vit, 'dropPathComplete', i)))
  })

  it.each(cases)(
    'has the loss and gradients of plain loops on a ViT with %s gates %#',
    async (_gates, tuner, chosen) => {
      const of = scene(vit, tuner, chosen)
      const common = {
        network: of.tuned,
        taskLoss: classificationLoss,
        loss,
        seed: 1,
        compile: { threads: 1 },
      }
      const step = await TrainingStep.create({ ...common, store: of.store(), microBatch: 2 })
      const { scalars, gradients } = await step.run(of.batch, 0)
      await step.release()
      const start = plainLoss(of, of.values)
      expect(scalars.loss).toBeCloseTo(start.loss, 4)
      expectSlopes(gradients, of.values, (moved) => plainLoss(of, moved, start.held).loss)
    },
  )

  it('does so where weights stay on the device, and where layers are computed again', async () => {
    const of = scene(vit, dyt, { dispatch: 'mlp' })
    const common = { network: of.tuned, taskLoss: classificationLoss, loss, seed: 1, compile: { threads: 1 } }
    const resident = await ResidentLearner.create({ ...common, store: of.store(), recompute: true })
    const { scalars } = await resident.step(of.batch, 0, 0.01)
    await resident.release()
    expect(scalars.loss).toBeCloseTo(plainLoss(of, of.values).loss, 4)
  })

  it('has the terms of plain loops on a Swin', async () => {
    const of = scene(tinySwin, dyt, {})
    const common = { network: of.tuned, taskLoss: classificationLoss, loss, seed: 1, compile: { threads: 1 } }
    const step = await TrainingStep.create({ ...common, store: of.store(), microBatch: 2 })
    const { scalars } = await step.run(of.batch, 0)
    await step.release()
    const mean = (pass: string, kind: 'dispatch' | 'adapters'): number =>
      labels.reduce((sum, label, i) => {
        const values = scaled(of.values, tinySwin, factorsOf(tinySwin, pass, i))
        const own = of.noiseOf(i)
        const drawn = (block: number, token: number): number => own[block]?.[token] ?? Number.NaN
        const { logits } = plainSwin(of.image(i), values, tinySwin, { kind, adapterScale: 0.7, noise: drawn })
        return sum - Math.log(plainSoftmax(logits)[label] ?? 0) / images
      }, 0)
    expect(scalars.ceDynamic).toBeCloseTo(mean('dropPath', 'dispatch'), 4)
    expect(scalars.ceComplete).toBeCloseTo(mean('dropPathComplete', 'adapters'), 4)
  })

  it('leaves inference as it is', () => {
    const of = scene(vit, dyt, {})
    const plain = network({ ...of.tuned, dropPath: 0 })
    for (const kind of ['skip', 'masked', 'complete'] as const) {
      const names = [of.tuned, plain].map((each) => {
        const store = new WeightStore({ tensors: of.values })
        return JSON.stringify(Object.keys(each.pass(store, each.input(), { kind })))
      })
      expect(names[0]).toBe(names[1])
    }
  })
})
