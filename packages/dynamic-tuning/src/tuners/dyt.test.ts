import { compile, input, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildModel, modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { anyVit, tiny } from '../models/tiny.test.support.ts'
import { type PlainTuning, plainVit } from '../models/vit/plain-vit.test.support.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { farthest, noise, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { adaptformer } from './adaptformer.ts'
import { dyt } from './dyt.ts'
import { linearProbe } from './linear.ts'
import { stackLayers } from './stack-layers.ts'
import { tune } from './tune.ts'
import type { Pass, Tuner, TunerOptions } from './tuner.ts'

const options: TunerOptions = { ...dyt.defaults, bottleneck: 3, adapterScale: 0.7, adapterDropout: 0 }
const pixelsOf = ({ imageSize }: VitModelConfig): number => 3 * imageSize[0] * imageSize[1]

interface Outputs {
  readonly logits: Float32Array
  readonly masks: Float32Array
}

async function run(
  values: Values,
  config: VitModelConfig,
  images: Float32Array,
  kind: Exclude<Pass['kind'], 'train'>,
  { tuner = dyt as Tuner, settings = options } = {},
): Promise<Outputs> {
  const opened = tune(tuner, settings, { kind })
  const out = buildModel(
    input('images', ['B', 3, ...config.imageSize]),
    new WeightStore({ tensors: values }),
    modelOf(config),
    { hooks: opened.hooks },
  )
  const outputs: Record<string, Tensor> = { logits: out.outputs.logits }
  if (opened.dispatches.length > 0) outputs.masks = stackLayers(opened.dispatches.map(({ mask }) => mask))
  const program = await compile(outputs, { threads: 1, fused: kind === 'skip' })
  const { logits, masks } = await program.run({ images })
  await program.release()
  return { logits: logits?.data as Float32Array, masks: (masks?.data ?? new Float32Array()) as Float32Array }
}

const shapesOf = (config: VitModelConfig, settings: TunerOptions) =>
  modelShapes(modelOf(config), tune(dyt, settings, { kind: 'masked' }).hooks)

function plain(values: Values, config: VitModelConfig, images: Float32Array, tuning: PlainTuning) {
  const size = pixelsOf(config)
  const all = Array.from({ length: images.length / size }, (_, i) =>
    plainVit(images.subarray(i * size, (i + 1) * size), values, config, tuning),
  )
  return { logits: all.flatMap(({ logits }) => logits), masks: all.flatMap(({ masks }) => masks.flat()) }
}

const scaleOf = (logits: readonly number[]): number => Math.max(1, ...logits.map(Math.abs))

/** `values` with the dispatcher biases of the layers set. */
function withBiases(values: Values, biases: Readonly<Record<number, number>>): Map<string, TensorData> {
  const changed = Object.entries(biases).map(([layer, bias]): [string, TensorData] => [
    `blocks.${layer}.mlp_token_select.mlp_head.bias`,
    { dtype: 'float32', shape: [1], data: Float32Array.of(bias) },
  ])
  return new Map([...values, ...changed])
}

describe('dyt', () => {
  it('masked, skipping and plain loops agree, for all shapes and both batch sizes', async () => {
    const bottleneck = fc.integer({ min: 1, max: 5 })
    const scale = fc.constantFrom(0.1, 1, 2.5)
    const bias = fc.constantFrom(undefined, -100, 100)
    const batch = fc.constantFrom(1, 5)
    const property = fc.asyncProperty(
      anyVit,
      bottleneck,
      scale,
      bias,
      batch,
      async (config, width, s, b, count) => {
        const settings = { ...options, bottleneck: width, adapterScale: s }
        const drawn = randomValues(shapesOf(config, settings), 8)
        const values = b === undefined ? drawn : withBiases(drawn, { [config.depth - 1]: b })
        const images = noise(count * pixelsOf(config), 9)
        const wanted = plain(values, config, images, { kind: 'dispatch', adapterScale: s })
        const masked = await run(values, config, images, 'masked', { settings })
        const skipping = await run(values, config, images, 'skip', { settings })
        expect([...masked.masks]).toEqual(wanted.masks)
        expect([...skipping.masks]).toEqual(wanted.masks)
        const limit = 1e-5 * scaleOf(wanted.logits)
        expect(farthest(masked.logits, wanted.logits)).toBeLessThan(2 * limit)
        expect(farthest(skipping.logits, masked.logits)).toBeLessThan(limit)
      },
    )
    await fc.assert(property, { numRuns: 25, seed: 2 })
  })

  it.each([
    ['no token in any layer', { 0: -100, 1: -100 }, [0, 0]],
    ['every token in every layer', { 0: 100, 1: 100 }, [6, 6]],
    ['no token in one layer, every token in another', { 0: 100, 1: -100 }, [6, 0]],
  ])('%s', async (_name, biases, active) => {
    const values = withBiases(randomValues(shapesOf(tiny, options), 1), biases)
    for (const count of [1, 5]) {
      const images = noise(count * pixelsOf(tiny), count)
      const masked = await run(values, tiny, images, 'masked')
      const skipping = await run(values, tiny, images, 'skip')
      const perLayer = active.flatMap((tokens) => new Array(6).fill(tokens / 6))
      expect([...masked.masks]).toEqual(new Array(count).fill(perLayer).flat())
      const wanted = plain(values, tiny, images, { kind: 'dispatch', adapterScale: 0.7 }).logits
      expect(farthest(masked.logits, wanted)).toBeLessThan(1e-5 * scaleOf(wanted))
      expect(farthest(skipping.logits, wanted)).toBeLessThan(1e-5 * scaleOf(wanted))
    }
  })

  it('the class token takes the MLP even where no patch does', async () => {
    const values = withBiases(randomValues(shapesOf(tiny, options), 1), { 0: -100, 1: -100 })
    const images = noise(pixelsOf(tiny), 2)
    const changed = new Map(values)
    const fc1 = values.get('blocks.1.mlp.fc1.bias') as TensorData<'float32'>
    changed.set('blocks.1.mlp.fc1.bias', { ...fc1, data: fc1.data.map((value) => value + 1) })
    const [before, after] = [
      await run(values, tiny, images, 'skip'),
      await run(changed, tiny, images, 'skip'),
    ]
    expect(farthest(before.logits, after.logits)).toBeGreaterThan(1e-3)
  })

  it('complete means every gate open, the dispatchers aside', async () => {
    const values = randomValues(shapesOf(tiny, options), 3)
    const images = noise(4 * pixelsOf(tiny), 4)
    const complete = await run(values, tiny, images, 'complete')
    const wanted = plain(values, tiny, images, { kind: 'adapters', adapterScale: 0.7 }).logits
    expect(farthest(complete.logits, wanted)).toBeLessThan(1e-5 * scaleOf(wanted))
    const open = await run(withBiases(values, { 0: 100, 1: 100 }), tiny, images, 'skip')
    expect(farthest(open.logits, complete.logits)).toBeLessThan(1e-5 * scaleOf(wanted))
    const masked = await run(values, tiny, images, 'masked')
    expect(masked.masks).toContain(0)
    expect(farthest(masked.logits, complete.logits)).toBeGreaterThan(1e-2)
  })
})

describe('fresh methods', () => {
  const base = randomValues(modelShapes(modelOf(tiny)), 5)
  const images = noise(3 * pixelsOf(tiny), 6)

  it('adaptformer and dyt with open gates start as the base model', async () => {
    const before = await run(base, tiny, images, 'complete', { tuner: linearProbe })
    const adapted = await run(base, tiny, images, 'complete', { tuner: adaptformer })
    expect(farthest(adapted.logits, before.logits)).toBeLessThan(1e-6)
    for (const kind of ['masked', 'skip'] as const) {
      const open = await run(withBiases(base, { 0: 100, 1: 100 }), tiny, images, kind)
      expect(farthest(open.logits, before.logits)).toBeLessThan(1e-5)
    }
  })

  it('adaptformer is what plain loops give', async () => {
    const values = randomValues(shapesOf(tiny, options), 7)
    const { logits } = await run(values, tiny, images, 'complete', { tuner: adaptformer })
    const wanted = plain(values, tiny, images, { kind: 'adapters', adapterScale: 0.7 }).logits
    expect(farthest(logits, wanted)).toBeLessThan(1e-5 * scaleOf(wanted))
  })

  it('a patch is active about half of the time', async () => {
    const { masks } = await run(base, tiny, noise(200 * pixelsOf(tiny), 8), 'masked')
    const share = masks.reduce((a, b) => a + b, 0) / masks.length
    expect(masks.length).toBe(200 * 2 * patchCount(tiny))
    expect(share).toBeGreaterThan(0.2)
    expect(share).toBeLessThan(0.8)
  })
})
