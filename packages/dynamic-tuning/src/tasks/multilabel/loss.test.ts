import { compile, gradients, input, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Labels } from '../../data/truths/labels.ts'
import { farthest } from '../../nn/plain.test.support.ts'
import { multilabelLoss } from './loss.ts'
import { sigmoid, softplusAt } from './probability.ts'

const classes = 3
type Rows = readonly (readonly number[])[]
const feed = (rows: Rows): TensorData<'float32'> => ({
  ...{ dtype: 'float32', shape: [rows.length, classes] },
  data: Float32Array.from(rows.flat()),
})
const rowsOf = (value: fc.Arbitrary<number>): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(value, { minLength: classes, maxLength: classes }), { minLength: 1, maxLength: 5 })
const logit = fc.double({ min: -90, max: 90, noNaN: true }).map(Math.fround)
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const toFloats = (value: TensorData | undefined): Float32Array =>
  value?.data instanceof Float32Array ? value.data : new Float32Array()

/** Central differences of a loss in double precision. */
function differences(loss: (moved: readonly number[]) => number, at: readonly number[]): number[] {
  const step = 1e-6
  const movedAt = (i: number, by: number): number =>
    loss(at.map((value, k) => (k === i ? value + by : value)))
  return at.map((_, i) => (movedAt(i, step) - movedAt(i, -step)) / (2 * step))
}

/** Compiles a loss of two inputs [B, K] and its slopes. */
function programOf(loss: Tensor, inputs: readonly [Tensor, Tensor]) {
  const [first = loss, second = loss] = gradients(loss, inputs)
  return compile({ loss, first, second }, { threads: 1 })
}

/** Plain: the mean of -(t ln p + (1 - t) ln(1 - p)). ln p = -softplus(-x), ln(1 - p) = -softplus(x). */
const plainEntropy = (logits: readonly number[], targets: readonly number[]): number =>
  mean(
    logits.map((x, i) => {
      const t = targets[i] ?? Number.NaN
      return t * softplusAt(-x) + (1 - t) * softplusAt(x)
    }),
  )

/** Plain: the mean of p ln(p / q) + (1 - p) ln((1 - p) / (1 - q)). */
const plainDivergence = (teacher: readonly number[], student: readonly number[]): number =>
  mean(
    teacher.map((x, i) => {
      const y = student[i] ?? Number.NaN
      const p = sigmoid(x)
      return p * (softplusAt(-y) - softplusAt(-x)) + (1 - p) * (softplusAt(y) - softplusAt(x))
    }),
  )

describe('probabilities', () => {
  it('are a logistic curve, and softplus its integral, for any logit', () => {
    expect([0, 800, -800].map(sigmoid)).toEqual([0.5, 1, 0])
    expect(sigmoid(Math.log(3))).toBeCloseTo(3 / 4, 14)
    expect(softplusAt(0)).toBe(Math.LN2)
    expect(softplusAt(2)).toBeCloseTo(Math.log(1 + Math.exp(2)), 14)
    expect([softplusAt(800), softplusAt(-800)]).toEqual([800, 0])
  })
})

describe('binary cross-entropy', () => {
  it('is the mean over images and classes; its gradient is what differences tell', async () => {
    const logits = input('logits', ['B', classes])
    const targets = multilabelLoss.inputs(classes, { shape: [3, 8, 8] })
    const { targets: hot = logits } = targets
    const program = await programOf(multilabelLoss.of({ logits }, targets), [logits, hot])
    const property = fc.asyncProperty(
      rowsOf(logit),
      rowsOf(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround)),
      async (values, shares) => {
        const wanted = values.map((_, i) => shares[i % shares.length] ?? [])
        const got = await program.run({ logits: feed(values), targets: feed(wanted) })
        const loss = plainEntropy(values.flat(), wanted.flat())
        expect(Math.abs(Number(got.loss.data[0]) - loss)).toBeLessThan(1e-6 * Math.max(1, loss))
        const slopes = differences((moved) => plainEntropy(moved, wanted.flat()), values.flat())
        expect(farthest(toFloats(got.first), slopes)).toBeLessThan(1e-6)
      },
    )
    await fc.assert(property, { numRuns: 50, seed: 3 })
    await program.release()
  })

  it('of a new head is ln 2, with slopes of half a label', async () => {
    const logits = input('logits', ['B', classes])
    const targets = multilabelLoss.inputs(classes, { shape: [3, 8, 8] })
    const { targets: hot = logits } = targets
    const program = await programOf(multilabelLoss.of({ logits }, targets), [logits, hot])
    const truths: Labels[] = [[0, 2], [1]]
    const got = await program.run({
      logits: feed([new Array(classes).fill(0), new Array(classes).fill(0)]),
      ...multilabelLoss.targets(truths, { classes }),
    })
    expect(got.loss.data[0]).toBeCloseTo(Math.LN2, 6)
    const half = 0.5 / (2 * classes)
    expect(farthest(toFloats(got.first), [-half, half, -half, half, -half, half])).toBeLessThan(1e-7)
    await program.release()
  })

  it('takes a one for each label, smoothed towards one half', () => {
    const of = (labelSmoothing?: number) =>
      multilabelLoss.targets([[0, 2], [1]], {
        classes,
        ...(labelSmoothing !== undefined && { labelSmoothing }),
      })
    expect(of()).toEqual({
      targets: feed([
        [1, 0, 1],
        [0, 1, 0],
      ]),
    })
    expect(of(0.5)).toEqual({
      targets: feed([
        [0.75, 0.25, 0.75],
        [0.25, 0.75, 0.25],
      ]),
    })
  })
})

describe('distillation of every class', () => {
  it('is the mean KL to the teacher, and only the student takes a gradient', async () => {
    const [teacher, student] = [input('teacher', ['B', classes]), input('student', ['B', classes])]
    const loss = multilabelLoss.distillation?.of({ logits: teacher }, { logits: student })
    if (loss === undefined) throw new Error('no distillation')
    const program = await programOf(loss, [teacher, student])
    const property = fc.asyncProperty(rowsOf(logit), rowsOf(logit), async (a, others) => {
      const b = a.map((_, i) => others[i % others.length] ?? [])
      const got = await program.run({ teacher: feed(a), student: feed(b) })
      const wanted = plainDivergence(a.flat(), b.flat())
      // The terms of a sum that may vanish have up to the largest logit's size.
      expect(Math.abs(Number(got.loss.data[0]) - wanted)).toBeLessThan(1e-4)
      expect([...toFloats(got.first)].every((slope) => slope === 0)).toBe(true)
      const slopes = differences((moved) => plainDivergence(a.flat(), moved), b.flat())
      expect(farthest(toFloats(got.second), slopes)).toBeLessThan(1e-6)
      const same = await program.run({ teacher: feed(a), student: feed(a) })
      expect(Math.abs(Number(same.loss.data[0]))).toBeLessThan(1e-6)
    })
    await fc.assert(property, { numRuns: 50, seed: 5 })
    await program.release()
  })
})
