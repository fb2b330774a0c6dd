import {
  add,
  compile,
  gradients,
  input,
  mul,
  reduceSum,
  type Tensor,
  type TensorData,
  transpose,
} from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { readSafetensors } from '../../../io/safetensors.ts'
import { channelNorm } from '../../../nn/channel-norm.ts'
import { farthest, noise } from '../../../nn/plain.test.support.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { allReferences, extra } from '../../../verification/reference.test.support.ts'
import { boxHead } from './box-head.ts'
import { featurePyramid } from './feature-pyramid.ts'
import { maskHead } from './mask-head.ts'
import { rpnHead } from './rpn-head.ts'

type Values = ReadonlyMap<string, TensorData>

function opened(folder: string): { weights: Values; inputs: Values; expected: Values } {
  const read = (name: string): Values =>
    readSafetensors(`${allReferences}detection/${folder}/${name}.safetensors`)
  return { weights: read('weights'), inputs: read('inputs'), expected: read('expected') }
}

const given = (values: Values, name: string): TensorData => present(values.get(name), name)
const inputLike = (values: Values, name: string, as: string): Tensor => input(as, given(values, name).shape)

/** Runs a graph and compares each output with the expected tensor of the same name. */
async function expectOutputs(
  outputs: Record<string, Tensor>,
  feeds: Record<string, TensorData>,
  expected: Values,
  share = 2e-5,
) {
  const program = await compile(outputs, { threads: 1 })
  const wanted = program.inputs.map(({ name }) => [name, given(new Map(Object.entries(feeds)), name)])
  const found = await program.run(Object.fromEntries(wanted))
  await program.release()
  for (const [name, { data, shape }] of Object.entries(found)) {
    const wanted = given(expected, name)
    expect(shape, name).toEqual(wanted.shape)
    const values = Array.from(wanted.data, Number)
    const largest = Math.max(...values.map(Math.abs))
    expect(farthest(data as Float32Array, values), name).toBeLessThan(1e-5 + share * largest)
  }
}

describe('parts of a detector', () => {
  // Levels and gradients of detectron2, from the output of its last block.
  it.each(extra('backbone', 'backbone-dyt'))('have the pyramid of detectron2: %s', async (folder) => {
    const { weights, inputs, expected } = opened(folder)
    const prefix = folder === 'backbone' ? '' : 'eval.'
    const last = inputLike(expected, `${prefix}blocks.3`, 'map')
    const store = new WeightStore({ tensors: weights, trainable: [/simfp/] })
    const features = Number(given(expected, `${prefix}p4`).shape[1])
    const levels = featurePyramid(transpose(last, [0, 3, 1, 2]), store.at('backbone'), features)
    const outputs: Record<string, Tensor> = {}
    for (const [name, level] of Object.entries(levels)) outputs[prefix + name] = level
    const feeds: Record<string, TensorData> = { map: given(expected, `${prefix}blocks.3`) }
    for (const name of store.trainable.keys()) feeds[name] = given(weights, name)
    await expectOutputs(outputs, feeds, expected)
    if (folder !== 'backbone') return
    const sums = Object.entries(levels).map(([name, level]) => {
      feeds[`r.${name}`] = given(inputs, `r.${name}`)
      return reduceSum(mul(level, inputLike(inputs, `r.${name}`, `r.${name}`)))
    })
    const names = [...store.trainable.keys()]
    expect(names).toHaveLength([...expected.keys()].filter((name) => /^grad\..*simfp/.test(name)).length)
    const slopes = gradients(sums.reduce(add), [...store.trainable.values()])
    const named = names.map((name, i) => [`grad.${name}`, slopes[i] as Tensor])
    await expectOutputs(Object.fromEntries(named), feeds, expected, 1e-4)
  })

  it.each(extra('rpn'))('give the logits and deltas of detectron2: %s', async (folder) => {
    const { weights, inputs, expected } = opened(folder)
    const store = new WeightStore({ tensors: weights })
    for (const level of ['p2', 'p3', 'p6']) {
      const map = inputLike(inputs, `features.${level}`, 'map')
      const { logits, deltas } = rpnHead(map, store.at('proposal_generator.rpn_head'))
      const outputs = { [`head.logits.${level}`]: logits, [`head.deltas.${level}`]: deltas }
      await expectOutputs(outputs, { map: given(inputs, `features.${level}`) }, expected)
    }
    expect([...store.shapes.keys()].sort()).toEqual([...weights.keys()].sort())
  })

  it.each(extra('roi'))('give the boxes and masks of detectron2: %s', async (folder) => {
    const { weights, expected } = opened(folder)
    const store = new WeightStore({ tensors: weights })
    const own = store.at('roi_heads')
    const settings = { classes: 3, channels: 8 }
    const boxes = boxHead(inputLike(expected, 'train.box_features', 'boxes'), own, {
      ...settings,
      features: 16,
    })
    const masks = maskHead(inputLike(expected, 'train.mask_features', 'masks'), own.at('mask_head'), settings)
    await expectOutputs(
      {
        'train.box_head': boxes.features,
        'train.scores': boxes.scores,
        'train.deltas': boxes.deltas,
        'train.mask_logits': masks,
      },
      { boxes: given(expected, 'train.box_features'), masks: given(expected, 'train.mask_features') },
      expected,
    )
    expect([...store.shapes.keys()].sort()).toEqual([...weights.keys()].sort())
  })

  it('have the parameters of the real model', () => {
    const count = (build: (weights: WeightStore) => unknown): number => {
      const store = new WeightStore({ trainable: [/./] })
      build(store)
      return [...store.shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)
    }
    const map = (channels: number, side: number): Tensor => input('map', ['B', channels, side, side])
    const coco = { classes: 80, channels: 256 }
    expect(count((store) => featurePyramid(map(768, 64), store, 256))).toBe(5_560_000)
    expect(count((store) => rpnHead(map(256, 64), store))).toBe(1_184_015)
    expect(count((store) => boxHead(map(256, 7), store, { ...coco, features: 1024 }))).toBe(
      15_207_424 + 411_025,
    )
    expect(count((store) => maskHead(map(256, 14), store, coco))).toBe(2_644_304)
  })
})

describe('a channel norm', () => {
  it('normalises every pixel over its channels, as plain loops do', async () => {
    const [images, channels, pixels] = [2, 5, 6]
    const [x, scale, shift] = [noise(images * channels * pixels, 1), noise(channels, 2), noise(channels, 3)]
    const at = (b: number, c: number, p: number): number => x[(b * channels + c) * pixels + p] as number
    const wanted = Array.from(x, (value, i) => {
      const [b, c, p] = [Math.floor(i / channels / pixels), Math.floor(i / pixels) % channels, i % pixels]
      const values = Array.from({ length: channels }, (_, k) => at(b, k, p))
      const mean = values.reduce((a, y) => a + y) / channels
      const variance = values.reduce((a, y) => a + (y - mean) ** 2, 0) / channels
      return ((value - mean) / Math.sqrt(variance + 0.1)) * (scale[c] as number) + (shift[c] as number)
    })
    const tensors = new Map<string, TensorData>([
      ['weight', { dtype: 'float32', shape: [channels], data: scale }],
      ['bias', { dtype: 'float32', shape: [channels], data: shift }],
    ])
    const y = channelNorm(input('x', ['B', channels, 2, 3]), new WeightStore({ tensors }), 0.1)
    const program = await compile({ y }, { threads: 1 })
    const found = await program.run({ x })
    await program.release()
    expect(farthest(found.y?.data as Float32Array, wanted)).toBeLessThan(1e-5)
  })
})
