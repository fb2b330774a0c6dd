import { type Feeds, type Program, random } from '@dynamic-tuning/engine'
import { expectAllclose } from '@dynamic-tuning/engine/testing'
import { describe, expect, it } from 'vitest'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from '../tuners/dyt.ts'
import { bucketedProgram } from './bucketed-program.ts'
import { Classifier } from './classifier.ts'
import { randomModel } from './random-model.ts'
import { withLogits } from './with-logits.test.support.ts'

/** Programs that say how much room they have and need what they are fed. */
function scene(start: readonly number[], tokens: number) {
  const made: number[][] = []
  let open = 0
  const build = async (capacities: readonly number[]): Promise<Program> => {
    made.push([...capacities])
    open++
    const room = Float32Array.from(capacities)
    return {
      inputs: [],
      outputs: [],
      run: async ({ need }: Feeds) => ({
        needed: { dtype: 'float32', shape: [room.length], data: need as Float32Array },
        room: { dtype: 'float32', shape: [room.length], data: room },
      }),
      release: async () => {
        open--
      },
    }
  }
  return {
    made,
    opened: () => open,
    program: bucketedProgram({ build, start, tokens: start.map(() => tokens) }),
  }
}

describe('bucketedProgram', () => {
  it('grows where a batch needs more, keeps the room, and repeats the batch', async () => {
    const { made, opened, program } = scene([10, 0], 64)
    const { run, release } = await program
    const room = async (...need: number[]) =>
      Array.from((await run({ need: Float32Array.from(need) })).room?.data as Float32Array)
    expect(await room(12, 0)).toEqual([12, 0])
    expect(await room(13, 0)).toEqual([16, 0])
    expect(await room(1, 0)).toEqual([16, 0])
    // Two batches at once: the second waits, and finds the room that the first made.
    expect(await Promise.all([room(64, 3), room(2, 4)])).toEqual([
      [64, 4],
      [64, 4],
    ])
    expect(made).toEqual([
      [12, 0],
      [16, 0],
      [64, 4],
    ])
    expect(opened()).toBe(1)
    await release()
    expect(opened()).toBe(0)
  })
})

describe('skipping with fixed sizes', () => {
  const images = Float32Array.from(
    { length: 3 * 3 * tiny.imageSize[0] * tiny.imageSize[1] },
    random(4, 'images').normal,
  )
  for (const dispatch of ['mlp', 'attention', 'attention-mlp', 'layer'] as const)
    for (const active of [0, 0.5, 1])
      it(`gives what masks give: ${dispatch}, ${active} active`, async () => {
        const options = { ...dyt.defaults, dispatch, bottleneck: 4, rate: 0.25 }
        const made = { network: network({ ...modelOf(tiny), tuner: dyt, options }) }
        const tensors = await randomModel({ ...made, active, seed: 3, threads: 1 })
        const store = new WeightStore({ tensors })
        const predict = async (form: { pass: 'masked' | 'skip'; buckets?: boolean }) => {
          const classifier = await Classifier.create({ ...made, store, ...form })
          const found = withLogits(await classifier.classify(images))
          await classifier.release()
          return found
        }
        const [masked, bucket] = [
          await predict({ pass: 'masked' }),
          await predict({ pass: 'skip', buckets: true }),
        ]
        expect(bucket.masks).toEqual(masked.masks)
        expectAllclose(Array.from(bucket.logits), Array.from(masked.logits), { rtol: 1e-4, atol: 1e-5 })
      })
})
