import {
  compile,
  gradients,
  input,
  mul,
  reduceSum,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { sampleOf } from '../data/samples/registry.ts'
import { CheckpointError, ConfigError } from '../errors.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { gateProbabilities } from '../evaluation/gate-probabilities.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { reductionOptions } from '../reduction/options.ts'
import { dyt } from '../tuners/dyt.ts'
import { tune } from '../tuners/tune.ts'
import { drawWeights, fitBackbone } from './backbone.ts'
import { buildModel, modelShapes } from './build-model.ts'
import { modelOf } from './model.ts'
import type { VitModelConfig } from './model-config.ts'
import { checkModelConfig } from './named-model.ts'
import { plainClip, reordered } from './plain-clip.test.support.ts'
import { sampleInput, sampleSize } from './samples/sample-layout.ts'
import { tiny } from './tiny.test.support.ts'

const config: VitModelConfig = { ...tiny, frames: 3 }
const area = 8 * 12
const options = { ...dyt.defaults, bottleneck: 4, adapterScale: 0.7 }
const values = randomValues(modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks), 1)
const clips = noise(4 * sampleSize(modelOf(config).sample), 2)
const clipAt = (i: number): Float32Array =>
  clips.subarray(i * sampleSize(modelOf(config).sample), (i + 1) * sampleSize(modelOf(config).sample))

describe('a ViT on clips', () => {
  it('adds the weights of the pooling, and no more', () => {
    const image = modelShapes(modelOf(tiny))
    const added = [...modelShapes(modelOf(config))].filter(([name]) => !image.has(name))
    expect(Object.fromEntries(added)).toEqual({
      query_token: [1, 1, 8],
      ...Object.fromEntries(
        ['q', 'k', 'v'].flatMap((name) => [
          [`attentive_blocks.norm_${name}.weight`, [8]],
          [`attentive_blocks.norm_${name}.bias`, [8]],
          [`attentive_blocks.cross_attn.${name}.weight`, [8, 8]],
        ]),
      ),
      'attentive_blocks.cross_attn.q_bias': [8],
      'attentive_blocks.cross_attn.v_bias': [8],
      'attentive_blocks.cross_attn.proj.weight': [8, 8],
      'attentive_blocks.cross_attn.proj.bias': [8],
    })
  })

  it('starts with a query of zeros, which attends to all tokens alike', () => {
    const drawn = new WeightStore({ seed: 1 })
    buildModel(sampleInput(modelOf(config).sample), drawn, modelOf(config))
    expect(Array.from(drawn.values().get('query_token')?.data ?? [])).toEqual(new Array(8).fill(0))
    expect([...drawWeights(config, 1).keys()]).not.toContain('query_token')
  })

  it.each(['masked', 'skip', 'complete'] as const)(
    '%s: is what plain loops give, in batches of any size',
    async (pass) => {
      const store = new WeightStore({ tensors: values })
      const settings = {
        network: network({ ...modelOf(config), tuner: dyt, options }),
        store,
        pass,
        compile: { threads: 1 },
      }
      const classifier = await Classifier.create(settings)
      const tuning = { kind: pass === 'complete' ? 'adapters' : 'dispatch', adapterScale: 0.7 } as const
      const wanted = [0, 1, 2, 3].map((i) => plainClip(clipAt(i), values, config, tuning))
      for (const [first, count] of [
        [0, 4],
        [2, 1],
        [1, 3],
      ] as const) {
        const part = clips.subarray(
          first * sampleSize(modelOf(config).sample),
          (first + count) * sampleSize(modelOf(config).sample),
        )
        const { logits, masks } = withLogits(await classifier.classify(part))
        const own = wanted.slice(first, first + count)
        expect(
          farthest(
            logits,
            own.flatMap((clip) => clip.logits),
          ),
        ).toBeLessThan(1e-5)
        const decided = own.flatMap(({ frames }) => frames.flatMap((frame) => frame.masks.flat()))
        expect(masks && [...masks]).toEqual(pass === 'complete' ? undefined : decided)
      }
      await classifier.release()
    },
  )

  it.each([
    ['random dispatch', { dispatchStrategy: 'random' }, {}],
    ['merged tokens', {}, { reduction: 'tome', tomeR: 1 }],
    ['experts', { experts: 2 }, {}],
  ] as const)('%s: a clip by itself is what it is in a batch', async (_name, change, reduction) => {
    const chosen = { ...options, ...change }
    const tensors = randomValues(
      modelShapes(
        modelOf(config),
        tune(dyt, { ...options, experts: chosen.experts }, { kind: 'masked' }).hooks,
      ),
      1,
    )
    const settings = {
      network: network({ ...modelOf(config), tuner: dyt, options: chosen }),
      store: new WeightStore({ tensors }),
      seed: 4,
    }
    const made = { ...settings, reduction: reductionOptions(reduction), compile: { threads: 1 } }
    const [masked, skip] = [
      await Classifier.create({ ...made, pass: 'masked' }),
      await Classifier.create(made),
    ]
    const all = withLogits(await skip.classify(clips))
    expect(farthest(withLogits(await masked.classify(clips)).logits, all.logits)).toBeLessThan(1e-5)
    const perClip = 3 * skip.gates.sites.length * skip.gates.decisions
    expect(all.masks).toHaveLength(4 * perClip)
    for (const i of [0, 1, 2, 3]) {
      const { logits, masks } = withLogits(await skip.classify(clipAt(i), new Map(), { first: i }))
      expect(farthest(logits, all.logits.subarray(i * 3, i * 3 + 3))).toBeLessThan(1e-5)
      expect(masks).toEqual(all.masks?.slice(i * perClip, (i + 1) * perClip))
    }
    await Promise.all([masked.release(), skip.release()])
  })

  it('skips with fixed sizes as with lists', async () => {
    const made = {
      network: network({ ...modelOf(config), tuner: dyt, options }),
      store: new WeightStore({ tensors: values }),
      compile: { threads: 1 },
    }
    const [list, bucket] = [
      await Classifier.create(made),
      await Classifier.create({ ...made, buckets: true }),
    ]
    const [wanted, found] = [withLogits(await list.classify(clips)), withLogits(await bucket.classify(clips))]
    expect(farthest(found.logits, wanted.logits)).toBeLessThan(1e-5)
    expect(found.masks).toEqual(wanted.masks)
    await Promise.all([list.release(), bucket.release()])
  })

  it('tells how sure gates are on every frame', async () => {
    const store = new WeightStore({ tensors: values })
    const settings = {
      network: network({ ...modelOf(config), tuner: dyt, options }),
      store,
      compile: { threads: 1 },
    }
    const classifier = await Classifier.create({ ...settings, probabilities: true })
    async function* epoch() {
      yield {
        images: Float32Array.from(clips),
        truths: [0, 0, 0, 0],
        rows: 4,
        size: 4,
        indices: new Int32Array(4),
      }
    }
    const { pooled } = await gateProbabilities(classifier, {
      epoch,
      sample: sampleOf({ frames: config.frames }),
    })
    const { probabilities } = withLogits(await classifier.classify(clips))
    expect([pooled[0], pooled.at(-1)]).toEqual([
      Math.min(...(probabilities ?? [])),
      Math.max(...(probabilities ?? [])),
    ])
    await classifier.release()
  })

  it('does not depend on the order of frames, but on every one of them', async () => {
    const store = new WeightStore({ tensors: values })
    const settings = { network: network(modelOf(config)), store, compile: { threads: 1 } }
    const classifier = await Classifier.create(settings)
    const logits = async (clip: Float32Array) => withLogits(await classifier.classify(clip)).logits
    const base = await logits(clipAt(0))
    expect(farthest(await logits(reordered(clipAt(0), area, [2, 0, 1])), base)).toBeLessThan(1e-5)
    for (const twice of [
      [0, 0, 2],
      [0, 1, 1],
      [2, 1, 2],
    ])
      expect(farthest(await logits(reordered(clipAt(0), area, twice)), base)).toBeGreaterThan(1e-3)
    await classifier.release()
  })
})

describe('gradients of the pooling', () => {
  const own = randomValues(modelShapes(modelOf(config)), 3)
  const direction = noise(config.numClasses, 5)
  const plainLoss = (at: Values): number =>
    plainClip(clipAt(0), at, config).logits.reduce(
      (sum, logit, i) => sum + logit * (direction[i] as number),
      0,
    )

  /** The change of the loss along `move`, by central differences. */
  function slopeAlong(name: string, move: Float32Array): number {
    const weight = own.get(name) as NonNullable<ReturnType<typeof own.get>>
    const at = (by: number): number => {
      const data = Float64Array.from(weight.data, (value, i) => value + by * (move[i] as number))
      return plainLoss(
        new Map<string, TensorData>(own).set(name, { dtype: 'float64', shape: weight.shape, data }),
      )
    }
    return (at(1e-5) - at(-1e-5)) / 2e-5
  }

  it('are what differences say along a random direction, and none for the bias of the keys', async () => {
    const store = new WeightStore({ tensors: own, trainable: [/^query_token$/, /^attentive_blocks\./] })
    const { logits } = buildModel(sampleInput(modelOf(config).sample), store, modelOf(config)).outputs
    const loss = reduceSum(mul(logits, input('direction', ['B', config.numClasses])))
    const names = [...store.trainable.keys()]
    const slopes = gradients(loss, [...store.trainable.values()])
    const outputs = Object.fromEntries(names.map((name, i) => [`grad.${name}`, slopes[i] as Tensor]))
    const program = await compile(outputs, { threads: 1 })
    const feeds = { images: clipAt(0), direction, ...Object.fromEntries(store.startValues()) }
    const found = await program.run(feeds)
    await program.release()
    expect(names).toHaveLength(14)
    for (const name of names) {
      const got = found[`grad.${name}`]?.data as Float32Array
      const move = noise(got.length, 6)
      const along = got.reduce((sum, value, i) => sum + value * (move[i] as number), 0)
      const largest = Math.max(...got.map(Math.abs))
      if (name === 'attentive_blocks.norm_k.bias') expect(largest).toBeLessThan(1e-5)
      else expect(largest).toBeGreaterThan(1e-3)
      expect(Math.abs(along - slopeAlong(name, move))).toBeLessThan(1e-4 * Math.max(1, Math.abs(along)))
    }
  })
})

describe('backbones for clips', () => {
  const stored = randomValues(modelShapes(modelOf(tiny)), 7)
  const base = { config: tiny, tensors: stored, classes: ['a', 'b', 'c'] }
  const headless = [...stored.keys()].filter((name) => !name.startsWith('head.'))

  it('are those of images without their head, whatever its classes', () => {
    for (const globalPool of ['token', 'avg', 'token+avg'] as const) {
      const own = { ...tiny, globalPool }
      const tensors = randomValues(modelShapes(modelOf(own)), 7)
      const fitted = fitBackbone('x', { config: own, tensors, classes: ['a', 'b', 'c'] }, { frames: 5 })
      expect(fitted.config).toEqual({ ...own, frames: 5 })
      expect(fitted.classes).toBeUndefined()
      const kept = [...tensors.keys()].filter((name) => !name.startsWith('head.'))
      expect([...fitted.tensors.keys()].sort()).toEqual(kept.sort())
      const store = new WeightStore({ tensors: fitted.tensors })
      expect(
        buildModel(sampleInput(modelOf(fitted.config).sample), store, modelOf(fitted.config)).outputs.logits
          .shape,
      ).toEqual(['B', 3])
    }
  })

  it('keep their head where it is one of clips, and lose it for images', () => {
    const tensors = randomValues(modelShapes(modelOf(config)), 8)
    const clip = { config: tiny, tensors, classes: ['a', 'b', 'c'] }
    expect([...fitBackbone('x', clip, { frames: 8 }).tensors.keys()]).toEqual([...tensors.keys()])
    expect(fitBackbone('x', clip, { frames: 8 }).classes).toEqual(['a', 'b', 'c'])
    const others = fitBackbone('x', clip, { frames: 8, numClasses: 9 }).tensors
    expect([...others.keys()]).toEqual([...tensors.keys()].filter((name) => !name.startsWith('head.')))
    expect([...fitBackbone('x', clip).tensors.keys()].sort()).toEqual(headless.sort())
    const half = new Map(stored).set('query_token', {
      dtype: 'float32',
      shape: [1, 1, 8],
      data: new Float32Array(8),
    })
    expect(() => fitBackbone('x', { ...base, tensors: half }, { frames: 2 })).toThrow(CheckpointError)
  })

  it.each([0, -1, 1.5])('refuses %d frames', (frames) => {
    expect(() => checkModelConfig({ ...tiny, frames })).toThrow(ConfigError)
    expect(() => fitBackbone('x', base, { frames })).toThrow(/clips of .* frames/)
  })
})
