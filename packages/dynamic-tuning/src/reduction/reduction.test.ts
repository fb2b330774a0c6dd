import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { buildModel, modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { dyt } from '../tuners/dyt.ts'
import { linearProbe } from '../tuners/linear.ts'
import { tune } from '../tuners/tune.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { checkReductionFits } from './check-reduction.ts'
import { type ReductionOptions, reductionOptions } from './options.ts'
import { type PlainCase, plainReduced } from './plain-reduction.test.support.ts'
import { openReduction } from './registry.ts'

const anySized: fc.Arbitrary<VitModelConfig> = fc
  .record({
    rows: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 2, max: 4 }),
    patchSize: fc.integer({ min: 1, max: 3 }),
    depth: fc.integer({ min: 1, max: 4 }),
    numHeads: fc.integer({ min: 1, max: 3 }),
    numClasses: fc.integer({ min: 1, max: 4 }),
    qkvBias: fc.boolean(),
  })
  .map(({ rows, columns, ...rest }) => ({
    ...rest,
    imageSize: [rows * rest.patchSize, columns * rest.patchSize],
    // Cosines of very short keys are all equal: nothing to tell apart.
    embedDim: rest.numHeads * 4,
    mlpRatio: 2,
    globalPool: 'token',
    layerNormEps: 1e-5,
  }))
const rates = fc.constantFrom(0.3, 0.5, 0.7, 0.95)
const anyTome = fc
  .record({
    tomeR: fc.oneof(
      fc.integer({ min: 0, max: 9 }),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 1 }),
    ),
    tomeProportional: fc.boolean(),
  })
  .map((given) => ({ reduction: 'tome' as const, ...given }))
const anyEvit = fc
  .record({ keepRate: rates, evitFuse: fc.boolean() })
  .map((given) => ({ reduction: 'evit' as const, ...given }))
const anyDynamic = rates.map((keepRate) => ({ reduction: 'dynamicvit' as const, keepRate }))

/** Layers that a random model reduces at: every other one from `first`. */
function layersOf({ depth }: VitModelConfig, first: number): number[] {
  return Array.from({ length: depth }, (_, i) => i).filter((i) => i % 2 === first % 2 || depth === 1)
}

const base: TunerOptions = { ...dyt.defaults, bottleneck: 3, adapterScale: 0.7, adapterDropout: 0 }
const withAdapters: TunerOptions = { ...base, dispatch: 'none' }

function valuesOf(config: VitModelConfig, tuner: Tuner, options: TunerOptions, reduction: ReductionOptions) {
  const hooks = {
    ...tune(tuner, options, { kind: 'masked' }).hooks,
    ...openReduction(reduction, 'reduce', modelOf(config)).hooks,
  }
  return randomValues(modelShapes(modelOf(config), hooks), 5)
}

interface Run {
  readonly tuner: Tuner
  readonly options: TunerOptions
  readonly reduction: ReductionOptions
  readonly pass?: 'skip' | 'masked' | 'complete'
  readonly fused?: boolean
}

async function classify(values: Values, config: VitModelConfig, images: Float32Array, run: Run) {
  const { fused = true, pass, ...method } = run
  const store = new WeightStore({ tensors: values })
  const compileOptions = { threads: 1, fused }
  const classifier = await Classifier.create({
    network: network({ ...modelOf(config), ...method }),
    store,
    pass,
    compile: compileOptions,
  })
  const found = withLogits(await classifier.classify(images))
  await classifier.release()
  return found
}

function plain(values: Values, config: VitModelConfig, images: Float32Array, wanted: PlainCase) {
  const size = 3 * config.imageSize[0] * config.imageSize[1]
  return Array.from({ length: images.length / size }, (_, i) =>
    plainReduced(images.subarray(i * size, (i + 1) * size), values, config, wanted),
  )
}

const scaleOf = (values: readonly number[]): number => Math.max(1, ...values.map(Math.abs))

const fits = (config: VitModelConfig, reduction: ReductionOptions): boolean => {
  try {
    checkReductionFits('test', reduction, modelOf(config))
    return true
  } catch {
    return false
  }
}

/** Checks random models of a reduction with a method against plain loops, fused and portable. */
async function agrees(
  anyReduction: fc.Arbitrary<Partial<ReductionOptions>>,
  { tuner, options }: Pick<Run, 'tuner' | 'options'>,
  beside: Omit<PlainCase, 'options'>,
): Promise<void> {
  const property = fc.asyncProperty(
    anySized,
    anyReduction,
    fc.nat(1),
    fc.boolean(),
    async (config, given, first, fused) => {
      const layered = given.reduction === 'tome' ? {} : { reductionLayers: layersOf(config, first) }
      const reduction = reductionOptions({ ...given, ...layered })
      fc.pre(fits(config, reduction) && reduction.reductionLayers?.length !== 0)
      const values = valuesOf(config, tuner, options, reduction)
      const images = noise(2 * 3 * config.imageSize[0] * config.imageSize[1], 3)
      const found = await classify(values, config, images, { tuner, options, reduction, fused })
      const wanted = plain(values, config, images, { options: reduction, ...beside })
      const logits = wanted.flatMap((each) => each.logits)
      expect(farthest(found.logits, logits)).toBeLessThan(1e-4 * scaleOf(logits))
      if (found.masks) expect([...found.masks]).toEqual(wanted.flatMap(({ masks }) => masks.flat()))
    },
  )
  await fc.assert(property, { numRuns: 12, seed: 7 })
}

describe('token reductions against plain loops', () => {
  const bare = { tuner: linearProbe, options: linearProbe.defaults }
  const adapters = { tuner: adaptformer, options: withAdapters }
  it('tome, alone', () => agrees(anyTome, bare, {}))
  it('tome with adapters', () => agrees(anyTome, adapters, { adapterScale: 0.7 }))
  it('tome with dispatch, masks told of patches', () =>
    agrees(anyTome, { tuner: dyt, options: base }, { adapterScale: 0.7, dispatch: true }))
  it('evit, alone', () => agrees(anyEvit, bare, {}))
  it('evit with adapters', () => agrees(anyEvit, adapters, { adapterScale: 0.7 }))
  it('dynamicvit, alone', () => agrees(anyDynamic, bare, {}))
  it('dynamicvit with adapters', () => agrees(anyDynamic, adapters, { adapterScale: 0.7 }))
})

const config: VitModelConfig = {
  imageSize: [16, 16],
  patchSize: 4,
  embedDim: 24,
  depth: 4,
  numHeads: 3,
  mlpRatio: 2,
  numClasses: 5,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}
const images = noise(2 * 3 * 16 * 16, 1)

describe('a reduction that reduces nothing', () => {
  it.each([
    ['tome', { tomeR: 0 }],
    ['evit', { keepRate: 1 }],
    ['dynamicvit', { keepRate: 1 }],
  ] as const)('%s is the plain ViT', async (name, given) => {
    const reduction = reductionOptions({ reduction: name, ...given })
    const values = valuesOf(config, adaptformer, withAdapters, reduction)
    const run = { tuner: adaptformer, options: withAdapters, reduction }
    const reduced = await classify(values, config, images, run)
    const whole = await classify(values, config, images, { ...run, reduction: reductionOptions() })
    // DynamicViT puts the tokens it keeps in another order.
    expect(farthest(reduced.logits, whole.logits)).toBeLessThanOrEqual(name === 'dynamicvit' ? 2e-5 : 0)
    const complete = await classify(values, config, images, { ...run, pass: 'complete' })
    expect(complete.logits).toEqual(whole.logits)
  })
})

describe('dynamicvit', () => {
  it('gives the same logits pruned and masked', async () => {
    const reduction = reductionOptions({ reduction: 'dynamicvit', reductionLayers: [1, 2, 3] })
    const values = valuesOf(config, adaptformer, withAdapters, reduction)
    const run = { tuner: adaptformer, options: withAdapters, reduction }
    const pruned = await classify(values, config, images, run)
    const masked = await classify(values, config, images, { ...run, pass: 'masked' })
    expect(farthest(masked.logits, pruned.logits)).toBeLessThan(2e-5)
    const whole = await classify(values, config, images, { ...run, pass: 'complete' })
    expect(farthest(whole.logits, pruned.logits)).toBeGreaterThan(1e-2)
  })

  it('is trained under the policy that plain loops follow', async () => {
    const reduction = reductionOptions({ reduction: 'dynamicvit', reductionLayers: [1, 2] })
    const values = valuesOf(config, linearProbe, linearProbe.defaults, reduction)
    const pass = openReduction(reduction, 'train', modelOf(config))
    const shape = [2, 2, patchCount(config), 1]
    const data = noise(
      shape.reduce((a, b) => a * b),
      9,
    )
    const drawn: TensorData = { dtype: 'float32', shape, data }
    const store = new WeightStore({ tensors: values })
    const { logits } = buildModel(input('images', ['B', 3, 16, 16]), store, modelOf(config), {
      hooks: pass.hooks,
    }).outputs
    const program = await compile({ logits }, { threads: 1 })
    const found = await program.run({ images, noise: drawn })
    await program.release()
    const wanted = [0, 1].flatMap((image) => {
      const own = images.subarray(image * 768, (image + 1) * 768)
      const at = (stage: number, patch: number): number => data[(stage * 2 + image) * 16 + patch] as number
      return plainReduced(own, values, config, { options: reduction, noise: at }).logits
    })
    expect(farthest(found.logits.data as Float32Array, wanted)).toBeLessThan(2e-5 * scaleOf(wanted))
  })
})

describe('tokens', () => {
  it('that tome leaves are as many as published, r being capped', async () => {
    const tokens = (given: Partial<ReductionOptions>): number[] => {
      const pass = openReduction(reductionOptions({ reduction: 'tome', ...given }), 'reduce', modelOf(config))
      const sized = buildModel(input('images', ['B', 3, 16, 16]), new WeightStore(), modelOf(config), {
        hooks: pass.hooks,
      })
      return sized.blocks.map(({ shape }) => Number(shape[1]))
    }
    expect(tokens({ tomeR: 2 })).toEqual([15, 13, 11, 9])
    expect(tokens({ tomeR: 100 })).toEqual([9, 5, 3, 2])
    expect(tokens({ tomeR: [3, 0, 1] })).toEqual([14, 14, 13, 13])
    expect(tokens({ tomeR: 2, tomeSlope: -1 })).toEqual([13, 11, 10, 10])
    expect(tokens({ tomeR: 2, tomeSlope: 1 })).toEqual([17, 16, 14, 10])
  })
})
