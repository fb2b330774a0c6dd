import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { plainClipOf } from '../models/plain-clip.test.support.ts'
import { sampleSize } from '../models/samples/sample-layout.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise, plainSoftmax, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { logitsOf } from '../tasks/logits.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { gateShape } from '../tuners/dispatch-inputs.ts'
import { dyt } from '../tuners/dyt.ts'
import { linearProbe } from '../tuners/linear.ts'
import { type PlainGate, plainDispatch } from '../tuners/plain-dispatch.test.support.ts'
import { tune } from '../tuners/tune.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import type { PassResult } from './learner.ts'
import { type LossSettings, paperLoss } from './loss-graph.ts'
import { gumbelNoise } from './noise.ts'
import { expectSlopes } from './slopes.test.support.ts'
import { TrainingStep } from './training-step.ts'

const config = { ...tiny, frames: 2 }
const count = 3
const size = sampleSize(modelOf(config).sample)
const clips = noise(count * size, 2)
const labels = BigInt64Array.of(0n, 2n, 1n)
const options: TunerOptions = {
  ...dyt.defaults,
  bottleneck: 3,
  adapterScale: 0.7,
  adapterDropout: 0,
  rate: 0.4,
}

interface Held {
  readonly gates: readonly (readonly PlainGate[])[]
  readonly teacher: readonly (readonly number[])[]
}

/**
 * The paper's loss in plain loops; with decisions and teacher `held`, its slope is the straight-through one.
 */
function plainLoss(values: Values, chosen: TunerOptions, noiseOf: (row: number) => number[][], held?: Held) {
  const gates: (readonly PlainGate[])[] = []
  const teacher: number[][] = []
  let loss = 0
  for (let b = 0; b < count; b++) {
    const clip = clips.subarray(b * size, (b + 1) * size)
    const dynamic = plainClipOf(clip, values, config, (image, t) => {
      const row = b * config.frames + t
      const kept = held && { kept: held.gates[row] as PlainGate[] }
      return plainDispatch(image, values, config, chosen, { noise: noiseOf(row), ...kept })
    })
    const complete = plainClipOf(clip, values, config, (image) =>
      plainDispatch(image, values, config, chosen, { complete: true }),
    )
    gates.push(...dynamic.frames.map((frame) => frame.gates))
    teacher.push(plainSoftmax(complete.logits))
    const [p, q] = [teacher[b] as number[], plainSoftmax(dynamic.logits)]
    const label = Number(labels[b])
    loss -= (Math.log(q[label] as number) + Math.log(p[label] as number)) / count
    loss += (held?.teacher[b] ?? p).reduce((sum, v, k) => sum + v * Math.log(v / (q[k] as number)), 0) / count
  }
  const masks = gates.flatMap((all, row) =>
    all.flatMap(({ hard, soft }, g) =>
      hard.map((value, t) => {
        const kept = held?.gates[row]?.[g]
        return kept ? (kept.hard[t] as number) + (soft[t] as number) - (kept.soft[t] as number) : value
      }),
    ),
  )
  const mean = masks.reduce((a, b) => a + b, 0) / masks.length
  return { loss: loss + 2 * (mean - chosen.rate) ** 2, mean, held: { gates, teacher } }
}

interface Change {
  readonly tuner?: Tuner
  readonly chosen?: TunerOptions
  readonly loss?: LossSettings
  readonly microBatch?: number
}

async function oneStep({ tuner = dyt, chosen = options, ...rest }: Change, given?: TensorData) {
  const values = randomValues(modelShapes(modelOf(config), tune(tuner, chosen, { kind: 'masked' }).hooks), 4)
  const tuned = network({ ...modelOf(config), tuner, options: chosen })
  const store = new WeightStore({ tensors: values, trainable: tuned.tunable })
  const settings = {
    network: tuned,
    taskLoss: classificationLoss,
    loss: paperLoss,
    store,
    seed: 5,
    microBatch: count,
    ...rest,
  }
  const step = await TrainingStep.create({ ...settings, compile: { threads: 1 } })
  const result: PassResult = await step.run(
    { images: clips, targets: classTargets(labels, { classes: 3 }), size: count },
    0,
    given,
  )
  await step.release()
  return { values, ...result }
}

describe('a training step on clips', () => {
  it.each([
    { dispatch: 'mlp', dispatchLevel: 'token', experts: 1 },
    { dispatch: 'attention-mlp', dispatchLevel: 'token', experts: 2 },
    { dispatch: 'layer', dispatchLevel: 'sample', experts: 1 },
  ] as const)('has the loss, rate and gradients of plain loops: %j', async (change) => {
    const chosen = { ...options, ...change }
    const { sites, decisions } = gateShape(chosen, config)
    const rows = count * config.frames
    const drawn = gumbelNoise({ seed: 2, step: 0, first: 0 }, [sites.length, rows, decisions])
    const noiseOf = (row: number): number[][] =>
      sites.map((_, gate) => {
        const start = (gate * rows + row) * decisions
        return Array.from(drawn.data.subarray(start, start + decisions))
      })
    const { scalars, gradients, values, activeRatePerGate } = await oneStep({ chosen }, drawn)
    const start = plainLoss(values, chosen, noiseOf)
    expect(scalars.loss).toBeCloseTo(start.loss, 4)
    expect(activeRatePerGate.reduce((a, b) => a + b, 0) / sites.length).toBeCloseTo(start.mean, 6)
    expectSlopes(gradients, values, (moved) => plainLoss(moved, chosen, noiseOf, start.held).loss, 1)
  })

  it('trains query, pooling and head with every method', async () => {
    const { gradients } = await oneStep({ tuner: linearProbe, chosen: linearProbe.defaults })
    expect([...gradients.keys()].filter((name) => !name.startsWith('attentive_blocks.')).sort()).toEqual([
      'head.bias',
      'head.weight',
      'query_token',
    ])
    expect([...gradients.keys()]).toHaveLength(16)
  })

  it.each([1, 2])(
    'in micro-batches of %i draws the same noise and dropout for every frame',
    async (microBatch) => {
      const loss = { ...paperLoss, rateWeight: 0 }
      const chosen = { ...options, adapterDropout: 0.3 }
      const [whole, cut] = [await oneStep({ loss, chosen }), await oneStep({ loss, chosen, microBatch })]
      expect(cut.gates?.masks).toEqual(whole.gates?.masks)
      expect(farthest(logitsOf(cut.outputs).values, logitsOf(whole.outputs).values)).toBeLessThan(1e-5)
      for (const [name, gradient] of whole.gradients)
        expect(farthest(cut.gradients.get(name) as Float32Array, gradient)).toBeLessThan(1e-4)
      const plain = await oneStep({ tuner: adaptformer, chosen: { ...adaptformer.defaults, bottleneck: 3 } })
      expect(plain.scalars.loss).toBeGreaterThan(0)
    },
  )
})
