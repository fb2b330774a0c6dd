import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { canMerge, mergeTuned, type TunedWeights } from '../network/merge.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { logitsOf as logitsIn } from '../tasks/logits.ts'
import type { PassResult } from '../training/learner.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { TrainingStep } from '../training/training-step.ts'
import { checkTuning } from './check-tuning.ts'
import { tune } from './tune.ts'
import type { Tuner, TunerOptions } from './tuner.ts'

export const config = { ...tiny, embedDim: 16 }
const base = randomValues(modelShapes(modelOf(config)), 1)
const labels = BigInt64Array.of(0n, 1n, 2n, 0n, 1n, 2n, 1n, 0n)
const images = noise(labels.length * 3 * config.imageSize[0] * config.imageSize[1], 2)
const batch = { images, targets: classTargets(labels, { classes: config.numClasses }), size: labels.length }

/** Logits as inference gives them. */
export async function logitsOf(
  { network, tensors }: TunedWeights,
  pass: 'skip' | 'masked' | 'complete' = 'skip',
): Promise<Float32Array> {
  const store = new WeightStore({ tensors, seed: 3 })
  const classifier = await Classifier.create({
    network,
    store,
    pass,
    compile: { threads: 1 },
  })
  const { logits } = withLogits(await classifier.classify(images))
  await classifier.release()
  return logits
}

/** A tuned model with random weights everywhere. */
export function randomTuned(tuner: Tuner, options: TunerOptions, deviation = 0.3): TunedWeights {
  const shapes = modelShapes(modelOf(config), tune(tuner, options, { kind: 'masked' }).hooks)
  return {
    network: network({ ...modelOf(config), tuner, options }),
    tensors: randomValues(shapes, 7, deviation),
  }
}

/** Some steps on eight images, from the base model on. */
export async function train(tuner: Tuner, options: TunerOptions, steps: number, rate: number) {
  const trainable = network({ ...modelOf(config), tuner, options }).tunable
  const store = new WeightStore({ tensors: base, trainable, seed: 3 })
  const common = {
    network: network({ ...modelOf(config), tuner, options }),
    store,
    taskLoss: classificationLoss,
    loss: paperLoss,
    seed: 5,
    microBatch: 8,
  }
  const step = await TrainingStep.create({ ...common, compile: { threads: 1 } })
  const start = new Map([...step.weights].map(([name, { data }]) => [name, data.slice()]))
  const optimizer = new AdamW(step.weights, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 })
  const results: PassResult[] = []
  for (let at = 0; at < steps; at++) {
    results.push(await step.run(batch, at))
    optimizer.update((results.at(-1) as PassResult).gradients, rate)
  }
  await step.release()
  const tensors = new Map<string, TensorData>([...base, ...step.weights])
  return {
    weights: step.weights,
    start,
    results,
    tuned: { network: network({ ...modelOf(config), tuner, options }), tensors },
  }
}

/** Small settings for a method, and the learning rate at which it memorises eight images in 120 steps. */
export interface TunerCase {
  readonly options?: Partial<TunerOptions>
  readonly rate?: number
}

/** What every method owes: registered once in `methods.test.ts`. */
export function describeTuner(tuner: Tuner, { options: chosen = {}, rate = 3e-2 }: TunerCase = {}): void {
  const options: TunerOptions = { ...tuner.defaults, adapterDropout: 0, ...chosen }
  const temp = mkdtempSync(join(tmpdir(), 'tuner-'))
  afterAll(() => rmSync(temp, { recursive: true }))

  describe(tuner.name, () => {
    it(tuner.startsAsBase ? 'starts as the base model' : 'does not start as the base model', async () => {
      const fresh = await logitsOf(
        { network: network({ ...modelOf(config), tuner, options }), tensors: base },
        'complete',
      )
      const plain = { network: network(modelOf(config)), tensors: base }
      const off = farthest(fresh, await logitsOf(plain))
      if (tuner.startsAsBase) expect(off).toBeLessThan(1e-5)
      else expect(off).toBeGreaterThan(1e-3)
    })

    it('moves every weight it trains and no other', async () => {
      const { weights, start } = await train(tuner, options, 3, 1e-2)
      const shapes = modelShapes(modelOf(config), tune(tuner, options, { kind: 'masked' }).hooks)
      const patterns = network({ ...modelOf(config), tuner, options }).tunable
      const trained = [...shapes.keys()].filter((name) => patterns.some((pattern) => pattern.test(name)))
      expect([...weights.keys()].sort()).toEqual(trained.sort())
      for (const [name, { data }] of weights) expect([name, data]).not.toEqual([name, start.get(name)])
      expect(base).toEqual(randomValues(modelShapes(modelOf(config)), 1))
    })

    it('has as many parameters as its formula says, small and as ViT-B/16', () => {
      const cases = [
        [config, options],
        [{ ...config, qkvBias: false, globalPool: 'avg', mlpRatio: 3, depth: 3 }, options],
        [vitConfig('vit_base_patch16_224', 100), tuner.defaults],
      ] as const
      for (const [model, own] of cases) {
        const { trainableWithoutHead, trainableParts } = modelCost({
          network: network({ ...modelOf(model), tuner, options: own }),
        }).params
        const gates = Object.entries(trainableParts).filter(([part]) => part.endsWith('_token_select'))
        const rest = gates.reduce((count, [, size]) => count - size, trainableWithoutHead)
        expect(rest).toBe(tuner.parameterCount(model, own))
      }
    })

    it('learns eight images by heart, with the same bits for the same seed', async () => {
      const { results, weights } = await train(tuner, options, 120, rate)
      const { outputs, scalars } = results.at(-1) as PassResult
      const logits = logitsIn(outputs).values
      const guesses = Array.from(labels, (_, i) => {
        const row = logits.subarray(i * config.numClasses, (i + 1) * config.numClasses)
        return BigInt(row.indexOf(Math.max(...row)))
      })
      expect(guesses).toEqual([...labels])
      expect(scalars.loss).toBeLessThan((results[0]?.scalars.loss as number) / 3)
      const dropping = { ...options, adapterDropout: 0.2 }
      const [one, two] = [await train(tuner, dropping, 3, 1e-2), await train(tuner, dropping, 3, 1e-2)]
      expect(one.weights).toEqual(two.weights)
      const drops = tuner.dropoutSites(options) !== undefined
      const without = await train(tuner, options, 3, 1e-2)
      expect(one.results[2]?.scalars.loss === without.results[2]?.scalars.loss).toBe(!drops)
      expect(weights.size).toBeGreaterThan(0)
    })

    it('gives the same logits after saving and loading what was trained', async () => {
      const { tuned, weights } = await train(tuner, options, 2, 1e-2)
      const path = join(temp, `${tuner.name}.safetensors`)
      writeSafetensors(path, weights)
      const loaded = { ...tuned, tensors: new Map([...base, ...readSafetensors(path)]) }
      expect(await logitsOf(loaded)).toEqual(await logitsOf(tuned))
    })

    it('accepts its own settings', () => {
      expect(() => checkTuning('test', tuner, options)).not.toThrow()
      expect(() => checkTuning('test', tuner, tuner.defaults)).not.toThrow()
    })

    if (canMerge(tuner))
      it('merged: the same logits, and the cost of a plain ViT', async () => {
        for (const model of [config, { ...config, qkvBias: false }]) {
          const shapes = modelShapes(modelOf(model), tune(tuner, options, { kind: 'masked' }).hooks)
          const tuned = {
            network: network({ ...modelOf(model), tuner, options }),
            tensors: randomValues(shapes, 7, 0.25),
          }
          const merged = mergeTuned(tuned)
          const wanted = await logitsOf(tuned)
          const scale = Math.max(1, ...wanted.map(Math.abs))
          expect(farthest(await logitsOf(merged), wanted)).toBeLessThan(1e-5 * scale)
          if (tuner.parts !== undefined || tuner.leftAfterMerge !== undefined) continue
          const plain = { network: network({ ...modelOf(model), config: merged.network.config }) }
          expect([...merged.tensors.keys()].sort()).toEqual([...modelShapes(plain.network).keys()].sort())
          expect(modelCost(merged).flops).toEqual(modelCost(plain).flops)
        }
      })
  })
}
