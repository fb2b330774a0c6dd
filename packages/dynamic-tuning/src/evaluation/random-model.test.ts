import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dynamicScene } from '../training/running-mean.test.support.ts'
import { dyt } from '../tuners/dyt.ts'
import { Classifier } from './classifier.ts'
import { randomModel } from './random-model.ts'

const built = (given: Partial<typeof dyt.defaults> = {}) =>
  network({ ...modelOf(tiny), tuner: dyt, options: { ...dyt.defaults, bottleneck: 2, ...given } })
const pixels = 3 * tiny.imageSize[0] * tiny.imageSize[1]
const images = Float32Array.from({ length: 4 * pixels }, random(8, 'images').normal)

/** How many of the 4 x 6 decisions of each layer let a token through. */
async function passing(weights: Awaited<ReturnType<typeof randomModel>>): Promise<number[]> {
  const classifier = await Classifier.create({
    network: built(),
    store: new WeightStore({ tensors: weights }),
  })
  const { masks = new Float32Array() } = await classifier.classify(images)
  await classifier.release()
  return [0, 1].map((layer) =>
    masks.filter((_, i) => Math.floor(i / 6) % 2 === layer).reduce((a, b) => a + b, 0),
  )
}

describe('randomModel', () => {
  it.each([
    [0, 0],
    [0.25, 6],
    [0.5, 12],
    [0.99, 24],
    [1, 24],
  ])('lets the share %d of the tokens through, in every layer', async (active, count) => {
    expect(
      await passing(await randomModel({ network: built(), active, images, seed: 2, threads: 1 })),
    ).toEqual([count, count])
  })

  it('sets its dispatchers by two images of noise where none are given', async () => {
    const all = { network: built(), active: 0.5, seed: 2, threads: 1 }
    const noise = Float32Array.from({ length: 2 * pixels }, random(2, 'images').normal)
    expect(await randomModel(all)).toEqual(await randomModel({ ...all, images: noise }))
  })

  it('points dispatchers in directions of the seed, and layers in different ones', async () => {
    const of = async (seed: number) =>
      randomModel({ network: built(), active: 0.5, images, seed, threads: 1 })
    const direction = (all: Awaited<ReturnType<typeof of>>, layer: number) =>
      all.get(`blocks.${layer}.mlp_token_select.mlp_head.weight`)?.data
    const [first, again, other] = [await of(2), await of(2), await of(3)]
    expect(again).toEqual(first)
    expect(direction(other, 0)).not.toEqual(direction(first, 0))
    expect(direction(first, 1)).not.toEqual(direction(first, 0))
    const { normal } = random(2, 'dispatcher', 'blocks.1.mlp_token_select.mlp_head.weight')
    expect(direction(first, 1)).toEqual(Float32Array.from({ length: 8 }, normal))
  })

  it.each([{ dispatch: 'none' }, { dispatchStrategy: 'random' }] as const)(
    'has the start of any model where nothing is learned: %j',
    async (given) => {
      const model = built(given)
      const weights = await randomModel({ network: model, active: 0.5, images, seed: 2, threads: 1 })
      const store = new WeightStore({ seed: 2 })
      model.pass(store, model.input('images', 'B'), {
        kind: 'skip',
        thresholds: [0.5, 0.5].slice(0, model.gates.sites.length),
      })
      expect(weights).toEqual(store.values())
      expect([...weights.keys()].some((name) => name.includes('token_select'))).toBe(false)
    },
  )

  it('has buffers with their initial values, among them one that inference does not read', async () => {
    const weights = await randomModel({ network: dynamicScene().network, active: 0.5, seed: 1, threads: 1 })
    expect([...weights.keys()].filter((name) => /^head\.(running_mean|passes)$/.test(name)).sort()).toEqual([
      'head.passes',
      'head.running_mean',
    ])
    expect(weights.get('head.running_mean')?.data).toEqual(new Float32Array(24))
  })
})
