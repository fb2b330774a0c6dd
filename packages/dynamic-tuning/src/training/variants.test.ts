import { describe, expect, it } from 'vitest'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise, plainSoftmax, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { gateShape } from '../tuners/dispatch-inputs.ts'
import { dyt } from '../tuners/dyt.ts'
import { type PlainGate, plainDispatch } from '../tuners/plain-dispatch.test.support.ts'
import { tune } from '../tuners/tune.ts'
import type { TunerOptions } from '../tuners/tuner.ts'
import { paperLoss } from './loss-graph.ts'
import { gumbelNoise } from './noise.ts'
import { expectSlopes } from './slopes.test.support.ts'
import { TrainingStep } from './training-step.ts'

const images = 3
const size = 3 * tiny.imageSize[0] * tiny.imageSize[1]
const pixels = noise(images * size, 1)
const labels = BigInt64Array.of(0n, 2n, 1n)

/** What is held while a weight moves a little: decisions, keys, and the teacher. */
interface Held {
  readonly gates: readonly (readonly PlainGate[])[]
  readonly teacher: readonly (readonly number[])[]
}

type Noise = (image: number) => number[][]

/**
 * The paper's loss in plain loops and double precision; with `held` its slope is the straight-through one.
 */
function plainLoss(values: Values, options: TunerOptions, noiseOf: Noise, held?: Held) {
  const found = Array.from({ length: images }, (_, i) => {
    const image = pixels.subarray(i * size, (i + 1) * size)
    const kept = held && { kept: held.gates[i] as PlainGate[] }
    const dynamic = plainDispatch(image, values, tiny, options, { noise: noiseOf(i), ...kept })
    const complete = plainDispatch(image, values, tiny, options, { complete: true })
    return { dynamic, complete }
  })
  let loss = 0
  for (const [i, { dynamic, complete }] of found.entries()) {
    const [student, teacher] = [plainSoftmax(dynamic.logits), plainSoftmax(complete.logits)]
    const fixed = held?.teacher[i] ?? teacher
    const label = Number(labels[i])
    loss -= (Math.log(student[label] as number) + Math.log(teacher[label] as number)) / images
    loss += fixed.reduce((sum, p, k) => sum + p * Math.log(p / (student[k] as number)), 0) / images
  }
  const masks = found.flatMap(({ dynamic }, i) =>
    dynamic.gates.flatMap(({ hard, soft }, g) =>
      hard.map((value, t) => {
        const kept = held?.gates[i]?.[g]
        return kept ? (kept.hard[t] as number) + (soft[t] as number) - (kept.soft[t] as number) : value
      }),
    ),
  )
  const mean = masks.reduce((a, b) => a + b, 0) / masks.length
  const gates = found.map(({ dynamic }) => dynamic.gates)
  const teacher = found.map(({ complete }) => plainSoftmax(complete.logits))
  return { loss: loss + 2 * (mean - options.rate) ** 2, held: { gates, teacher } }
}

const cases = (['mlp', 'attention', 'attention-mlp', 'layer'] as const).flatMap((dispatch) => [
  { dispatch, dispatchLevel: 'token', experts: 1 } as const,
  { dispatch, dispatchLevel: 'sample', experts: 2 } as const,
  { dispatch, dispatchLevel: 'token', experts: 2, learnableScale: true } as const,
])

describe('a training step', () => {
  it.each(cases)('has the loss and gradients of plain loops: %j', async (chosen) => {
    const options: TunerOptions = {
      ...dyt.defaults,
      bottleneck: 3,
      adapterScale: 0.7,
      adapterDropout: 0,
      rate: 0.4,
      ...chosen,
    }
    const values = randomValues(modelShapes(modelOf(tiny), tune(dyt, options, { kind: 'masked' }).hooks), 4)
    const { sites, decisions } = gateShape(options, tiny)
    const drawn = gumbelNoise({ seed: 2, step: 0, first: 0 }, [sites.length, images, decisions])
    const noiseOf: Noise = (image) =>
      sites.map((_, gate) => {
        const start = (gate * images + image) * decisions
        return Array.from((drawn.data as Float32Array).subarray(start, start + decisions))
      })
    const store = new WeightStore({
      tensors: values,
      trainable: network({ ...modelOf(tiny), tuner: dyt, options }).tunable,
    })
    const common = {
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      taskLoss: classificationLoss,
      loss: paperLoss,
      store,
      seed: 0,
    }
    const batch = {
      images: pixels,
      targets: classTargets(labels, { classes: tiny.numClasses }),
      size: images,
    }
    const inPieces = async (microBatch: number) => {
      const step = await TrainingStep.create({ ...common, microBatch, compile: { threads: 1 } })
      const result = await step.run(batch, 0, drawn)
      await step.release()
      return result
    }
    const start = plainLoss(values, options, noiseOf)
    const whole = await inPieces(images)
    // Two pieces, of two images and one.
    const { scalars, gradients } = await inPieces(2)
    for (const found of [whole.scalars, scalars]) expect(found.loss).toBeCloseTo(start.loss, 4)
    expect(gradients.size).toBeGreaterThan(6)
    for (const [name, gradient] of whole.gradients)
      expect(farthest(gradients.get(name) ?? [], gradient), name).toBeLessThan(2e-5)
    expectSlopes(gradients, values, (moved) => plainLoss(moved, options, noiseOf, start.held).loss)
  })
})
