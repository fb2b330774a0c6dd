import { compile, input, type Tensor } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildModel, modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { anyVit, tiny } from '../models/tiny.test.support.ts'
import { farthest, noise, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from './dyt.ts'
import { plainDispatch } from './plain-dispatch.test.support.ts'
import { stackLayers } from './stack-layers.ts'
import { tune } from './tune.ts'
import type { TunerOptions } from './tuner.ts'

const variants = ['mlp', 'attention', 'attention-mlp', 'layer'] as const
const small: TunerOptions = { ...dyt.defaults, bottleneck: 3, adapterScale: 0.7, adapterDropout: 0 }
const pixelsOf = ({ imageSize }: VitModelConfig): number => 3 * imageSize[0] * imageSize[1]

const shapesOf = (config: VitModelConfig, options: TunerOptions) =>
  modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks)

/** Weights whose gates decide in either way; biases of some gates may open or close them. */
function valuesOf(
  config: VitModelConfig,
  options: TunerOptions,
  bias: number | undefined,
): Map<string, never> {
  const values = randomValues(shapesOf(config, options), 8)
  if (bias !== undefined)
    for (const [name, value] of values)
      if (name.includes(`blocks.${config.depth - 1}.`) && name.endsWith('mlp_head.bias'))
        values.set(name, { ...value, data: Float32Array.of(bias) })
  return values as Map<string, never>
}

async function run(
  values: Values,
  config: VitModelConfig,
  images: Float32Array,
  options: TunerOptions,
  kind: 'masked' | 'skip',
): Promise<{ logits: Float32Array; masks: Float32Array }> {
  const opened = tune(dyt, options, { kind })
  const pixels = input('images', ['B', 3, ...config.imageSize])
  const { logits } = buildModel(pixels, new WeightStore({ tensors: values }), modelOf(config), {
    hooks: opened.hooks,
  }).outputs
  const outputs: Record<string, Tensor> = { logits }
  if (opened.dispatches.length > 0) outputs.masks = stackLayers(opened.dispatches.map(({ mask }) => mask))
  const program = await compile(outputs, { threads: 1, fused: kind === 'skip' })
  const found = await program.run({ images })
  await program.release()
  const masks = (found.masks?.data ?? new Float32Array()) as Float32Array
  return { logits: found.logits?.data as Float32Array, masks }
}

function plain(values: Values, config: VitModelConfig, images: Float32Array, options: TunerOptions) {
  const size = pixelsOf(config)
  const all = Array.from({ length: images.length / size }, (_, i) =>
    plainDispatch(images.subarray(i * size, (i + 1) * size), values, config, options),
  )
  return {
    logits: all.flatMap(({ logits }) => logits),
    masks: all.flatMap(({ gates }) => gates.flatMap(({ hard }) => hard)),
  }
}

async function compare(
  config: VitModelConfig,
  options: TunerOptions,
  bias: number | undefined,
  count: number,
) {
  const values = valuesOf(config, options, bias)
  const images = noise(count * pixelsOf(config), 9)
  const wanted = plain(values, config, images, options)
  const masked = await run(values, config, images, options, 'masked')
  const skipping = await run(values, config, images, options, 'skip')
  expect([...masked.masks]).toEqual(wanted.masks)
  expect([...skipping.masks]).toEqual(wanted.masks)
  const limit = 1e-5 * Math.max(1, ...wanted.logits.map(Math.abs))
  expect(farthest(masked.logits, wanted.logits)).toBeLessThan(2 * limit)
  expect(farthest(skipping.logits, masked.logits)).toBeLessThan(limit)
  return wanted
}

describe.each(variants)('dispatch of %s', (dispatch) => {
  it('masked, skipping and plain loops agree for any ViT, level, experts and batch', async () => {
    const property = fc.asyncProperty(
      anyVit,
      fc.record({
        dispatchLevel: fc.constantFrom('token', 'sample'),
        experts: fc.constantFrom(1, 1, 3),
        router: fc.constantFrom('softmax', 'none'),
        learnableScale: fc.boolean(),
        bottleneck: fc.integer({ min: 1, max: 4 }),
      } as const),
      fc.constantFrom(undefined, undefined, -100, 100),
      fc.constantFrom(1, 4),
      async (config, drawn, bias, count) => {
        await compare(config, { ...small, ...drawn, dispatch }, bias, count)
      },
    )
    await fc.assert(property, { numRuns: 15, seed: 3 })
  })

  it.each(['token', 'sample'] as const)(
    'no image, or none at all, active at %s level',
    async (dispatchLevel) => {
      for (const bias of [-1e4, 1e4])
        for (const count of [1, 3]) {
          const options = { ...small, dispatch, dispatchLevel }
          const { masks } = await compare({ ...tiny, depth: 1 }, options, bias, count)
          expect(new Set(masks)).toEqual(new Set([Number(bias > 0)]))
        }
    },
  )

  it('only in the layers that are named', async () => {
    const config = { ...tiny, depth: 3 }
    const options = { ...small, dispatch, dispatchLayers: [0, 2] }
    const { masks } = await compare(config, options, undefined, 3)
    const gates = dispatch === 'attention-mlp' ? 4 : 2
    expect(masks.length).toBe(3 * gates * 6)
    const names = [...shapesOf(config, options).keys()]
    expect(names.some((name) => /blocks\.1\..*token_select/.test(name))).toBe(false)
    expect(names.some((name) => /blocks\.1\.adapt/.test(name))).toBe(true)
  })
})
