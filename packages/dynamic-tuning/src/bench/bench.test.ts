import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { ConfigError } from '../errors.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { drawWeights } from '../models/backbone.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from '../tuners/dyt.ts'
import { baselines, openBaseline } from './baselines.ts'
import { openCase } from './candidate.ts'
import { benchCase } from './case.ts'
import { clockOf } from './clock.test.support.ts'
import { benchInference } from './inference.ts'
import { benchGroups, benchMarkdown, benchPlot } from './report.ts'
import { noiseImages } from './result.ts'
import { benchTraining } from './training.ts'
import { type BenchPlace, type BenchSettings, benchPlaces, defaultBench } from './types.ts'

/** A third of ViT-Ti's layers, a quarter of its features: drawing weights and compiling take the time. */
const narrow: VitModelConfig = { ...vitConfig('vit_tiny_patch16_96', 10), embedDim: 48, depth: 4 }
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const model = join(folder, 'narrow.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(narrow, 1), config: narrow })
afterAll(() => rmSync(folder, { recursive: true }))

const settings: BenchSettings = { ...defaultBench, model, classes: 10, batches: [1, 3], warmup: 0, rounds: 1 }
/** The same model for images of four patches. */
const small: BenchSettings = { ...settings, imageSizes: [32] }
const tiny: VitModelConfig = { ...narrow, imageSize: [32, 32] }

describe('benchInference', () => {
  it('lets the wanted share of tokens through and says what that promises', async () => {
    const { results } = await benchInference({ ...settings, active: 0.25 })
    expect(results.map(({ method, batch }) => `${method} ${batch}`)).toEqual([
      'static 1',
      'dyt 1',
      'static 3',
      'dyt 3',
    ])
    const [still, , , dynamic] = results as [never, never, never, (typeof results)[0]]
    expect(still).toMatchObject({ activeRate: null, ratioToStatic: 1, flopsRatioToStatic: 1 })
    expect(dynamic.activeRate).toBeGreaterThan(0.1)
    expect(dynamic.activeRate).toBeLessThan(0.4)
    const options = { ...dyt.defaults, bottleneck: settings.bottleneck }
    const cost = modelCost({
      network: network({ ...modelOf(narrow), tuner: dyt, options }),
      activeRate: dynamic.activeRate as number,
    })
    const promised = modelCost({ network: network(modelOf(narrow)) }).flops.total / cost.flops.total
    expect(dynamic.flopsRatioToStatic).toBeCloseTo(promised, 9)
    expect(dynamic.imagesPerSecond).toBeCloseTo(3000 / dynamic.medianMs, 9)
  })

  it('sets dispatchers to the rate that a budget allows', async () => {
    const { results } = await benchInference({ ...settings, batches: [3], budget: 0.8 })
    expect(results[0]?.flopsRatioToStatic).toBe(1)
    // Dispatchers are set on two images of noise, so the rate on others is close to the wanted one,
    // not equal.
    expect(1 / (results[1]?.flopsRatioToStatic as number)).toBeCloseTo(0.8, 1)
    await expect(benchInference({ ...settings, budget: 0.1 })).rejects.toThrow(/^cost: share 0\.1 /)
  })

  it('measures clips, and counts them', async () => {
    const clips = { ...small, frames: 3, batches: [2] }
    const methods = ['dyt', 'dyt:dispatch=layer:experts=2']
    const { results } = await benchInference({ ...clips, methods })
    expect(results.map(({ method, frames }) => [method, frames])).toEqual(
      ['static', ...methods].map((method) => [method, 3]),
    )
    const config = { ...tiny, frames: 3 }
    const { activeRate, flopsRatioToStatic } = results[1] as (typeof results)[0]
    const cost = modelCost({
      network: network({ ...modelOf(config), tuner: dyt }),
      activeRate: activeRate as number,
    })
    const promised = modelCost({ network: network(modelOf(config)) }).flops.total / cost.flops.total
    expect(flopsRatioToStatic).toBeCloseTo(promised, 9)
    expect(activeRate).toBeCloseTo(0.5, 0)
  })

  it('times every case, the static model and matrix products alone in the same rounds', async () => {
    const thrice = { ...small, batches: [2], warmup: 1, rounds: 3 }
    const { results, gemm } = await benchInference(thrice, { now: clockOf(30, 20, 60) })
    const [still, dynamic] = results
    expect(still).toMatchObject({ method: 'static', medianMs: 30, ratioToStatic: 1, promiseKept: 1 })
    expect(dynamic).toMatchObject({ method: 'dyt', medianMs: 20, ratioToStatic: 1.5, imagesPerSecond: 100 })
    expect(gemm[0]?.medianMs).toBe(60)
  })

  it('merges methods that can be merged: they cost what the static model costs', async () => {
    const one = { ...small, batches: [1] }
    const methods = ['lora', 'lora+adaptformer', 'adaptformer', 'lora:dispatch=mlp', 'dyt']
    const { results } = await benchInference({ ...one, methods })
    const [still, lora, joined, adapted] = results.map(({ flopsRatioToStatic }) => flopsRatioToStatic)
    expect([still, lora, joined]).toEqual([1, 1, adapted])
    expect(adapted).toBeLessThan(1)
    const [place] = benchPlaces(one) as [BenchPlace]
    for (const [method, left] of [
      ['lora', 'linear'],
      ['lora+adaptformer', 'adaptformer'],
      ['adaptformer', 'adaptformer'],
    ] as const) {
      const opened = await openCase(benchCase(method, place), tiny, place)
      expect(opened.settings.network.tuner.name).toBe(left)
      expect([...opened.settings.store.values().keys()].filter((name) => /lora/.test(name))).toEqual([])
      await opened.release()
    }
  })

  it('runs one case alone', async () => {
    const { results } = await benchInference({ ...small, batches: [2] }, { only: 'dyt' })
    expect(results.map(({ method }) => method)).toEqual(['dyt'])
  })
})

describe('a matrix', () => {
  it('measures every size and batch beside matrix products alone and Transformers.js', async () => {
    const matrix = { ...settings, imageSizes: [32, 48], baselines: ['transformers.js'], batches: [1, 2] }
    const report = await benchInference({ ...matrix, rounds: 2 })
    const names = ['static', 'dyt', 'transformers.js']
    const groups = benchGroups(report)
    expect(groups.map(({ name }) => name)).toEqual([
      'batch 1, 32 x 32 px, cpu',
      'batch 2, 32 x 32 px, cpu',
      'batch 1, 48 x 48 px, cpu',
      'batch 2, 48 x 48 px, cpu',
    ])
    for (const { results, gemm } of groups) {
      expect(results.map(({ method }) => method)).toEqual(names)
      for (const { gflopsPerSecond, gemmShare, ratioToStatic, flopsRatioToStatic, promiseKept } of results) {
        expect(gemmShare).toBeCloseTo((gflopsPerSecond as number) / (gemm?.gflopsPerSecond as number), 9)
        expect(promiseKept).toBeCloseTo(ratioToStatic / (flopsRatioToStatic as number), 9)
      }
    }
    const plain = groups[3]?.results[2] as (typeof report.results)[0]
    const macs = modelCost({ network: network(modelOf({ ...narrow, imageSize: [48, 48] })) })
    expect(plain.gflopsPerSecond).toBeCloseTo((2 * 2 * macs.flops.total) / (1e6 * plain.medianMs), 9)
    expect(benchMarkdown(report).match(/^\| transformers.js \|/gm)).toHaveLength(4)
    expect(benchPlot(report)).toContain('dyt, batch 2, 48 x 48 px, cpu')
  })

  it('counts what is computed: the last layer works for the class token alone', () => {
    const whole = modelCost({ network: network(modelOf(narrow)) }).flops
    const computed = modelCost({ network: network(modelOf(narrow)), computed: true }).flops
    const [tokens, width] = [37, narrow.embedDim]
    const { 'blocks.3.mlp': all = 0 } = whole.parts
    expect(computed.parts['blocks.3.mlp']).toBe(all / tokens)
    // Keys and values of all tokens, and the one map of them and the queries.
    const attention = 3 * tokens * width * width + 2 * tokens * width + width * width
    expect(computed.parts['blocks.3.attn']).toBe(attention)
    expect(computed.parts['blocks.2.mlp']).toBe(all)
    expect(all).toBe(8 * tokens * width * width)
  })

  it.each(Object.keys(baselines))('gives the same logits as %s on the same weights', async (name) => {
    const config = tiny
    const [place] = benchPlaces({ ...settings, imageSizes: [32], threads: 1 }) as [BenchPlace]
    const images = noiseImages(config, 2, 0)
    const store = new WeightStore({ seed: settings.seed })
    const ours = await Classifier.create({ network: network(modelOf(config)), store })
    const theirs = await openBaseline(name, config, place)
    const [a, b] = [withLogits(await ours.classify(images)).logits, await theirs.run(images)]
    expect(b).toHaveLength(20)
    for (const [i, value] of b.entries()) expect(value).toBeCloseTo(a[i] as number, 5)
    await Promise.all([ours.release(), theirs.release()])
    await expect(openBaseline('tensorflow', config, place)).rejects.toThrow(/unknown baseline tensorflow/)
    const clips = openBaseline(name, config, { ...place, frames: 2 })
    await expect(clips).rejects.toThrow(/\.js classifies images, not clips/)
  })
})

describe('TensorFlow.js', () => {
  it('gets products of two matrices only, which its backend computes fast, and keeps no tensors', async () => {
    const config = { ...vitConfig('vit_tiny_patch16_32', 10), depth: 2 }
    const [place] = benchPlaces({ ...settings, threads: 1 }) as [BenchPlace]
    const opened = await openBaseline('tensorflow.js', config, place)
    const tf = await import('@tensorflow/tfjs-core')
    const images = noiseImages(config, 2, 0)
    await opened.run(images)
    const before = tf.memory().numTensors
    const { kernels } = await tf.profile(() => opened.run(images) as never)
    expect(tf.memory().numTensors).toBe(before)
    const products = kernels.filter(({ name }) => name === 'BatchMatMul' || name === '_FusedMatMul')
    // Patches and head; in both layers four maps, and two products for each of 3 heads of 2 images.
    expect(products).toHaveLength(2 + 2 * (4 + 2 * 3 * 2))
    for (const { inputShapes } of products)
      for (const shape of inputShapes.slice(0, 2))
        expect(shape?.slice(0, -2).filter((size) => size > 1)).toEqual([])
    await opened.release()
  })
})

describe('benchCase', () => {
  const shared = { active: 0.5, bottleneck: 64 }

  it('reads a method with settings of its own', () => {
    expect(benchCase('dyt', shared)).toMatchObject({ name: 'dyt', active: 0.5, options: { bottleneck: 64 } })
    const { tuner, options, active } = benchCase('dyt:dispatch=attention:active=0.7:bottleneck=8', shared)
    expect([tuner.name, active]).toEqual(['dyt', 0.7])
    expect(options).toMatchObject({ dispatch: 'attention', rate: 0.7, bottleneck: 8 })
    expect(benchCase('adaptformer:learnableScale=true', shared).options.learnableScale).toBe(true)
    expect(benchCase('linear', shared).options.bottleneck).toBe(0)
    // With no token active the rate stays the method's own: a loss has no rate of 0.
    expect(benchCase('dyt:active=0', shared)).toMatchObject({
      active: 0,
      options: { rate: dyt.defaults.rate },
    })
    expect(benchCase('dyt:active=1', shared)).toMatchObject({ active: 1, options: { rate: 1 } })
  })

  it('reads precision and recomputing, fp32 and none by default', () => {
    const how = (spelling: string, precision?: 'int8') => {
      const read = benchCase(spelling, { ...shared, ...(precision && { precision }) })
      return [read.precision, read.recompute]
    }
    expect(how('dyt')).toEqual(['fp32', false])
    expect(how('dyt', 'int8')).toEqual(['int8', false])
    expect(how('dyt:precision=fp16:recompute=true', 'int8')).toEqual(['fp16', true])
    expect(how('dyt:recompute=false')).toEqual(['fp32', false])
  })

  it('runs a method beside itself on fewer tokens, and says what that promises', async () => {
    const methods = ['dyt', 'dyt:reduction=tome:tomeR=9', 'full:reduction=evit', 'full:reduction=dynamicvit']
    const { results } = await benchInference({ ...settings, methods, batches: [2] })
    expect(results.map(({ method }) => method)).toEqual(['static', ...methods])
    const [, alone, merged, evit, dynamic] = results.map((each) => each.flopsRatioToStatic as number)
    expect(merged).toBeGreaterThan(1.1 * (alone as number))
    for (const ratio of [evit, dynamic]) expect(ratio).toBeGreaterThan(1.2)
    for (const { activeRate } of results.slice(1, 3)) expect(activeRate).toBeCloseTo(0.5, 1)
  })

  it.each([
    ['dyt:reduction=evit', /evit drops tokens for good/],
    ['dyt:reduction=tome,evit', /two reductions/],
    ['linear:tomeR=4', /the reduction is none/],
    ['dty', /unknown name dty/],
    ['dyt:active=2', /active is 2/],
    ['dyt:active=-0.1', /active is -0.1/],
    ['dyt:active=half', /active is half/],
    ['dyt:precision=fp8', /precision is fp8/],
    ['dyt:fast', /"fast" is no setting/],
    ['dyt:expert=4', /Did you mean experts/],
    ['linear:experts=4', /linear has no adapters/],
  ])('refuses %s', (spelling, message) => {
    expect(() => benchCase(spelling, shared)).toThrow(message)
    expect(() => benchCase(spelling, shared)).toThrow(ConfigError)
  })

  it('runs every variant, plain and merged from experts, in one run', async () => {
    const methods = ['dyt', 'dyt:dispatch=attention', 'dyt:dispatch=attention-mlp', 'dyt:dispatch=layer']
    const more = ['dyt:experts=2', 'dyt:dispatchLevel=sample', 'dyt:dispatchStrategy=random', 'dynamic-full']
    const { results } = await benchInference({ ...settings, methods: [...methods, ...more], batches: [4] })
    expect(results.map(({ method }) => method)).toEqual(['static', ...methods, ...more])
    for (const { method, activeRate, flopsRatioToStatic } of results.slice(1)) {
      expect([method, activeRate]).toEqual([method, expect.closeTo(0.5, method.includes('sample') ? 0 : 1)])
      expect(flopsRatioToStatic).toBeGreaterThan(1)
    }
  })
})

describe('benchTraining', () => {
  it('relates steps to forward passes of the same run', async () => {
    const two = { ...small, methods: ['linear', 'dyt'], batches: [2] }
    const { results } = await benchTraining(two, { now: clockOf(10, 25, 40) })
    const [forward, linear, dynamic] = results as [(typeof results)[0], never, (typeof results)[0]]
    expect(results.map(({ method }) => method)).toEqual(['static', 'linear', 'dyt'])
    expect(forward.ratioToStatic).toBe(1)
    expect(linear).toMatchObject({ activeRate: null, flopsRatioToStatic: null })
    expect(results.map(({ ratioToStatic }) => ratioToStatic)).toEqual([1, 2.5, 4])
    expect(dynamic.imagesPerSecond).toBe(50)
    expect(dynamic.activeRate).toBeGreaterThan(0)
    expect(dynamic.activeRate).toBeLessThan(1)
  })

  it('runs one case alone, which is then its own measure', async () => {
    const said: string[] = []
    const one = { only: 'linear', now: clockOf(25), onProgress: (text: string) => said.push(text) }
    const { results } = await benchTraining({ ...small, methods: ['linear', 'dyt'], batches: [2] }, one)
    expect(results.map(({ method, ratioToStatic }) => [method, ratioToStatic])).toEqual([['linear', 1]])
    expect(said).toEqual(['preparing linear, batch 2', 'measuring batch 2'])
  })

  it('steps on clips', async () => {
    const clips = { ...small, frames: 2, batches: [2] }
    const { results } = await benchTraining({ ...clips, methods: ['linear', 'dyt:dispatch=attention'] })
    expect(results.map(({ method, frames }) => [method, frames])).toEqual([
      ['static', 2],
      ['linear', 2],
      ['dyt:dispatch=attention', 2],
    ])
    expect(results[2]?.activeRate).toBeCloseTo(0.5, 0)
  })
})
