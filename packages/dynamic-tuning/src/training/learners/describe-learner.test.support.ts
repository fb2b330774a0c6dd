import type { TensorData } from '@dynamic-tuning/engine'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Batch } from '../../data/loader/batch.ts'
import { CheckpointError, RunError } from '../../errors.ts'
import { farthest, toRows } from '../../nn/plain.test.support.ts'
import { classTargets } from '../../tasks/classification/loss.ts'
import type { Learner } from '../learner.ts'
import { type MemoryLog, memoryLog } from '../memory-log.ts'
import { dynamicScene, momentum, plainScene, type Scene } from '../running-mean.test.support.ts'
import { cosine } from '../schedules/cosine.ts'
import { draw } from '../small-dyt.test.support.ts'
import type { StepBatch } from '../step-feeds.ts'
import { type TrainerSettings, type TrainOutcome, train } from '../trainer.ts'

/** A learner to be tested. */
export interface LearnerCase {
  create(scene: Scene): Promise<Learner>
  /** Largest allowed difference from an uninterrupted run; 0: the same bits. */
  readonly tolerance: number
  /** Images of the passes into which a batch of four is cut at a step. Default: one pass. */
  readonly passesAt?: (step: number) => readonly number[]
}

const size = 4
const [epochs, stepsPerEpoch] = [3, 3]
const names = ['a step', 'mid-epoch', "an epoch's end"] as const
const stops = { [names[0]]: 1, [names[1]]: 5, [names[2]]: 6 } as const

function batchAt(index: number): Batch<number> {
  const truths = Array.from({ length: size }, (_, i) => (i + index) % 5)
  const images = Float32Array.from(draw(size * 3 * 16 * 16, `images ${index}`, 1))
  return { images, rows: size, truths, indices: Int32Array.from({ length: size }, (_, i) => i), size }
}

const withTargets = (batch: Batch<number>): StepBatch => ({
  ...batch,
  targets: classTargets(batch.truths, { classes: 5 }),
})

const loader: TrainerSettings<number>['loader'] = {
  stepsPerEpoch,
  waitSeconds: 0,
  async *epoch(_epoch, { fromStep = 0 } = {}) {
    for (let step = fromStep; step < stepsPerEpoch; step++) yield batchAt(step)
  },
}

/** Trains all epochs, or up to step `until`. */
function loop(
  learner: Learner,
  log: MemoryLog,
  more: Partial<TrainerSettings<number>> & { until?: number } = {},
): Promise<TrainOutcome> {
  const controller = new AbortController()
  return train({
    ...{ learner, loader, log, epochs, signal: controller.signal },
    prepare: withTargets,
    learningRateAt: cosine({ learningRate: 0.02, minimum: 0, warmupSteps: 1, totalSteps: 9 }),
    score: (result, batch) => ({ logits: result.activeRatePerGate.length / batch.size }),
    validate: async (weights) => ({ validationWeights: weights.size }),
    onStep: ({ step }) => step === more.until && controller.abort(),
    ...more,
  })
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const floats = (tensor: TensorData | undefined): number[] => Array.from(tensor?.data ?? [], Number)

/** Moves a running mean towards that of some rows, in double precision. */
function average(mean: number[], rows: readonly (readonly number[])[]): void {
  for (const [i, value] of mean.entries()) {
    const ofRows = sum(rows.map((row) => row[i] ?? Number.NaN)) / rows.length
    mean[i] = (1 - momentum) * value + momentum * ofRows
  }
}

const lossesOf = ({ lines }: MemoryLog): number[] =>
  lines.flatMap((line) => ('loss' in line && typeof line.loss === 'number' ? [line.loss] : []))

/** Tests that hold for every learner, driven by the one training loop. */
export function describeLearner(
  name: string,
  { create, tolerance, passesAt = () => [size] }: LearnerCase,
): void {
  const using = async <T>(work: (learner: Learner) => Promise<T>, scene = dynamicScene()): Promise<T> => {
    const learner = await create(scene)
    try {
      return await work(learner)
    } finally {
      await learner.release()
    }
  }
  const expectClose = (found: TrainOutcome['weights'], wanted: TrainOutcome['weights']): void => {
    expect([...found.keys()]).toEqual([...wanted.keys()])
    for (const [weight, { data, shape }] of wanted) {
      expect(found.get(weight)?.shape).toEqual(shape)
      expect(farthest(found.get(weight)?.data ?? [], data)).toBeLessThanOrEqual(tolerance)
    }
  }

  describe(`${name}, as a learner`, () => {
    const log = memoryLog()
    let whole: TrainOutcome

    beforeAll(async () => {
      whole = await using((learner) => loop(learner, log))
    })

    it('learns, and moves every weight', async () => {
      const losses = lossesOf(log)
      expect(losses).toHaveLength(9)
      expect(Math.min(...losses.slice(6))).toBeLessThan(Math.min(...losses.slice(0, 3)))
      const before = await using(async (learner) => structuredClone(await learner.weights()))
      expect([...before.keys()]).toEqual([...whole.weights.keys()])
      for (const [weight, { data }] of whole.weights)
        expect(farthest(data, before.get(weight)?.data ?? [])).toBeGreaterThan(0)
      // The dynamic and the complete model each count their pass.
      const passes = Array.from({ length: 9 }, (_, step) => 2 * passesAt(step).length)
      const counted = (of: TrainOutcome['weights']): number => of.get('head.passes')?.data[0] ?? Number.NaN
      expect(counted(whole.weights) - counted(before)).toBeCloseTo(sum(passes), 4)
    })

    it('updates running statistics as a plain loop does, and nothing else changes them', async () => {
      const scene = plainScene()
      await using(async (learner) => {
        const start = structuredClone(await learner.weights())
        const mean = floats(start.get('head.running_mean'))
        expect(mean).toEqual(floats(scene.store.startBuffers().get('head.running_mean')))
        expect(Math.max(...mean)).toBeGreaterThan(0)
        for (let step = 0; step < 7; step++) {
          const { outputs, scalars } = await learner.step(withTargets(batchAt(step)), step, 0.02)
          expect(Object.keys(scalars)).toEqual(['loss'])
          const rows = toRows(outputs?.pooled?.data ?? [], mean.length)
          for (const images of passesAt(step)) average(mean, rows.splice(0, images))
        }
        const { tensors } = await learner.state()
        expect(farthest(floats(tensors.get('head.running_mean')), mean)).toBeLessThan(1e-6)
        const moments = [...tensors.keys()].filter((key) => !start.has(key))
        expect(moments.length).toBeGreaterThan(0)
        expect(moments.filter((key) => /running_mean|passes/.test(key))).toEqual([])
      }, scene)
    })

    it('writes a line for each step and epoch', () => {
      const kinds = log.lines.map((line) => ('kind' in line ? line.kind : undefined))
      expect(kinds.join(' ')).toBe(new Array(3).fill('step step step epoch').join(' '))
      expect(whole).toMatchObject({ finished: true, steps: 9, last: log.lines.at(-1) })
      expect(log.lines.at(-1)).toMatchObject({ trainLogits: 0.5, validationWeights: whole.weights.size })
      expect(Object.keys(log.lines[0] ?? {}).slice(0, 4)).toEqual(['kind', 'step', 'epoch', 'lr'])
    })

    it.each(names)('stopped after %s, continues as if it had never stopped', async (at) => {
      const parts = memoryLog()
      const first = await using((learner) => loop(learner, parts, { until: stops[at] }))
      expect(first).toMatchObject({ finished: false, steps: stops[at] })
      const last = await using((learner) => loop(learner, parts, { resume: true }))
      expect(last.finished).toBe(true)
      expectClose(last.weights, whole.weights)
      expect(farthest(lossesOf(parts), lossesOf(log))).toBeLessThanOrEqual(tolerance)
    })

    it('takes its state into a new learner', async () => {
      const state = await using(async (learner) => {
        await learner.step(withTargets(batchAt(0)), 0, 0.01)
        return structuredClone(await learner.state())
      })
      expect(state.steps).toBe(1)
      await using(async (learner) => {
        await learner.restore(state, 'here')
        expect(await learner.state()).toEqual(state)
      })
    })

    it('refuses a state that does not fit, and names it', async () => {
      await using(async (learner) => {
        const { steps, tensors: all } = await learner.state()
        const [weight = ''] = all.keys()
        const tensors = new Map([...all].filter(([each]) => each !== weight))
        const failure = await learner.restore({ steps, tensors }, 'here').catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(CheckpointError)
        expect(String(failure)).toContain(`here: ${weight} should hold`)
      })
    })

    it('keeps the last checkpoint if the loss is not finite', async () => {
      const parts = memoryLog()
      await using((learner) => loop(learner, parts, { until: 2 }))
      const prepare: TrainerSettings<number>['prepare'] = (batch) => ({
        ...withTargets(batch),
        images: batch.images.map(() => Number.NaN),
      })
      await using(async (learner) => {
        const failure = await loop(learner, parts, { resume: true, prepare }).catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(RunError)
        expect(String(failure)).toMatch(
          /the loss is NaN at step 3\. .*; the checkpoint of step 2 in memory is kept/,
        )
      })
      expect(parts.loadCheckpoint()?.step).toBe(2)
    })
  })
}
