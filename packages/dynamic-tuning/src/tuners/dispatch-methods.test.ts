import { compile, input } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { ConfigError } from '../errors.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { buildModel } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { network } from '../network/network.ts'
import { farthest, noise } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { checkModel, checkTuning } from './check-tuning.ts'
import { config, logitsOf, randomTuned, train } from './describe-tuner.test.support.ts'
import { tunerNamed, tuners } from './registry.ts'
import { tune } from './tune.ts'
import type { TunerOptions } from './tuner.ts'

const variants = ['mlp', 'attention', 'attention-mlp', 'layer'] as const
const sizes = { bottleneck: 3, adapterScale: 0.7, rank: 2, loraAlpha: 3, promptLength: 2, adapterDropout: 0 }
const subnet = { visualPromptDim: [1, 2], loraDim: [2], adapterDim: [2, 1] }

function optionsOf(name: string, more: Partial<TunerOptions>): TunerOptions {
  const { defaults, uses } = tunerNamed(name)
  const own = Object.fromEntries(
    Object.entries({ ...sizes, ...subnet }).filter(([key]) => uses.includes(key as never)),
  )
  return { ...defaults, ...own, adapterDropout: 0, rate: 0.5, ...more }
}

const names = [...tuners.map(({ name }) => name), 'lora+adaptformer', 'ssf+vpt-deep', 'convpass+vpt-shallow']
const cases = names.flatMap((name) =>
  variants.flatMap((dispatch) =>
    (['token', 'sample'] as const).map((dispatchLevel) => [name, dispatch, dispatchLevel] as const),
  ),
)
const allowed = cases.filter(
  ([name, dispatch, dispatchLevel]) =>
    tunerNamed(name).refuses(optionsOf(name, { dispatch, dispatchLevel })) === undefined,
)

describe('methods with token dispatch', () => {
  it.each(allowed)('%s, %s, by %s: masked and skipping agree', async (name, dispatch, dispatchLevel) => {
    const tuner = tunerNamed(name)
    const options = optionsOf(name, { dispatch, dispatchLevel })
    const tuned = randomTuned(tuner, options)
    const masked = await logitsOf(tuned, 'masked')
    const scale = Math.max(1, ...masked.map(Math.abs))
    expect(farthest(await logitsOf(tuned, 'skip'), masked)).toBeLessThan(2e-5 * scale)
    // Some tokens do skip: the complete model says something else.
    expect(farthest(await logitsOf(tuned, 'complete'), masked)).toBeGreaterThan(1e-3)
  })

  it.each(['lora', 'ssf', 'bitfit', 'adapter-houlsby', 'vpt-deep'])(
    '%s: trains with its gates',
    async (name) => {
      const options = optionsOf(name, { dispatch: 'attention-mlp' })
      const { weights, start, results } = await train(tunerNamed(name), options, 3, 1e-2)
      expect([...weights.keys()].filter((weight) => weight.includes('_token_select.'))).toHaveLength(8)
      for (const [weight, { data }] of weights)
        expect([weight, data]).not.toEqual([weight, start.get(weight)])
      const rates = results[0]?.activeRatePerGate ?? []
      expect(rates).toHaveLength(4)
      expect(Math.min(...rates)).toBeLessThan(1)
    },
  )

  it('nearly all methods dispatch; those that cannot say why', () => {
    const refused = cases.filter((each) => !allowed.includes(each)).map((each) => each.join(' '))
    expect(refused).toEqual([
      'convpass layer token',
      ...variants.flatMap((dispatch) => [`res-tuning ${dispatch} token`, `res-tuning ${dispatch} sample`]),
      'convpass+vpt-shallow layer token',
    ])
    const ask = (name: string, dispatch: 'mlp' | 'layer') => () =>
      checkTuning('finetune', tunerNamed(name), { dispatch })
    expect(ask('res-tuning', 'mlp')).toThrow(ConfigError)
    expect(ask('res-tuning', 'mlp')).toThrow(
      /res-tuning cannot go with these settings: its bypass reads every token/,
    )
    expect(ask('convpass', 'layer')).toThrow(/its convolutions need all patches/)
    expect(ask('convpass', 'mlp')).not.toThrow()
  })

  it('prompts are always active, and gates decide on patches alone', async () => {
    const tuner = tunerNamed('vpt-deep')
    const options = optionsOf('vpt-deep', { dispatch: 'mlp' })
    const { tensors } = randomTuned(tuner, options)
    const shut = new Map(tensors)
    for (const [name, value] of tensors)
      if (name.endsWith('mlp_head.bias')) shut.set(name, { ...value, data: Float32Array.of(-1000) })
    const images = noise(3 * config.imageSize[0] * config.imageSize[1], 4)
    const store = new WeightStore({ tensors: shut })
    const classifier = await Classifier.create({
      network: network({ ...modelOf(config), tuner, options }),
      store,
      compile: { threads: 1 },
    })
    const { masks } = await classifier.classify(images)
    expect([...(masks as Float32Array)]).toEqual(new Array(config.depth * patchCount(config)).fill(0))
    await classifier.release()
    const blocksOf = async (weights: typeof shut) => {
      const hooks = tune(tuner, options, { kind: 'skip' }).hooks
      const out = buildModel(
        input('images', ['B', 3, ...config.imageSize]),
        new WeightStore({ tensors: weights }),
        modelOf(config),
        { hooks },
      )
      const program = await compile({ first: out.blocks[0] as (typeof out.blocks)[0] }, { threads: 1 })
      const { first } = await program.run({ images })
      await program.release()
      return first?.data as Float32Array
    }
    const before = await blocksOf(shut)
    const moved = new Map(shut)
    const bias = shut.get('blocks.0.mlp.fc2.bias')
    if (bias)
      moved.set('blocks.0.mlp.fc2.bias', { ...bias, data: new Float32Array(bias.data.length).fill(5) })
    const after = await blocksOf(moved)
    const rows = Array.from({ length: after.length / config.embedDim }, (_, row) => {
      const at = row * config.embedDim
      return farthest(after.subarray(at, at + config.embedDim), before.subarray(at, at + config.embedDim)) > 0
    })
    // Class token and the two prompts go through the MLP, the patches do not.
    expect(rows).toEqual(Array.from(rows, (_, row) => row < 3))
  })

  it('cost falls with the rate, prompts counted', () => {
    for (const name of ['lora', 'vpt-deep', 'noah'])
      for (const dispatch of variants) {
        const tuner = tunerNamed(name)
        const options = optionsOf(name, { dispatch })
        const [half, all] = [0.5, 1].map(
          (activeRate) =>
            modelCost({ network: network({ ...modelOf(config), tuner, options }), activeRate }).flops.total,
        )
        expect(half as number).toBeLessThan(all as number)
        const open = modelCost({
          network: network({ ...modelOf(config), tuner, options: { ...options, dispatch: 'none' } }),
        }).flops.parts
        const parts = modelCost({ network: network({ ...modelOf(config), tuner, options }), activeRate: 1 })
          .flops.parts
        expect(parts['blocks.1.mlp']).toBeCloseTo(open['blocks.1.mlp'] as number, 6)
      }
  })
})

describe('settings that do not go together', () => {
  const ask = (name: string, given: object) => () => checkTuning('finetune', tunerNamed(name), given)
  it.each([
    ['bitfit', { rank: 4 }, /rank is 4, but bitfit does not read it/],
    ['lora', { promptLength: 5 }, /promptLength is 5, but lora does not read it/],
    ['lora', { rank: 0 }, /its rank is 0/],
    ['fact-tt', { rank: 0 }, /its rank is 0/],
    ['vpt-deep', { promptLength: 0 }, /promptLength is 0/],
    ['convpass', { bottleneck: 0 }, /bottleneck is 0/],
    ['adapter-houlsby', { experts: 3 }, /3 experts, but adapter-houlsby has no adapters of that kind/],
    ['noah', { visualPromptDim: [0], loraDim: [0], adapterDim: [0] }, /all its sizes are 0/],
    ['noah', { loraDim: [9], superDim: 4 }, /a size of 9 does not fit into superDim 4/],
  ])('%s with %j', (name, given, message) => {
    expect(ask(name, given)).toThrow(ConfigError)
    expect(ask(name, given)).toThrow(message)
  })

  it('nor with the model', () => {
    const model = (name: string, given: object, changes: object) => () =>
      checkModel(
        'finetune',
        tunerNamed(name),
        { ...tunerNamed(name).defaults, ...given },
        { ...config, ...changes },
      )
    expect(model('noah', { loraDim: [1, 2, 3] }, {})).toThrow(/loraDim has 3 sizes for 2 layers/)
    expect(model('noah', { loraDim: [1, 2] }, {})).not.toThrow()
    expect(model('fact-tt', {}, { mlpRatio: 2.5 })).toThrow(
      /it cuts the MLP into pieces of 16 features, and 40/,
    )
  })

  it.each([
    ['lora+lora', /lora is named twice/],
    ['dyt+adaptformer', /change the same thing \(adapter\)/],
    ['fact-tt+fact-tk', /change the same thing/],
    ['vpt-deep+vpt-shallow', /change the same thing/],
    ['full+lora', /full goes with no other/],
    ['lora+linear', /linear goes with no other/],
    ['noah+lora', /noah goes with no other/],
    ['res-tuning+lora', /res-tuning goes with no other/],
    ['lora+', /unknown name/],
    ['lora+lore', /unknown name lore/],
  ])('%s', (name, message) => {
    expect(() => tunerNamed(name)).toThrow(ConfigError)
    expect(() => tunerNamed(name)).toThrow(message)
  })

  it('joined methods keep their defaults, the first winning', () => {
    expect(tunerNamed('dyt+lora').defaults).toMatchObject({ dispatch: 'mlp', bottleneck: 64, rank: 8 })
    expect(tunerNamed('convpass+adaptformer').defaults).toMatchObject({ bottleneck: 8, adapterScale: 1 })
  })
})
