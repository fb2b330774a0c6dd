import { compile, gradients, input } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { farthest, noise, plainSoftmax, toRows } from '../../nn/plain.test.support.ts'
import { crossEntropy, divergence } from './loss.ts'

const classes = 4
const feed = (rows: number[][]): { dtype: 'float32'; shape: number[]; data: Float32Array } => ({
  dtype: 'float32',
  shape: [rows.length, rows[0]?.length ?? 0],
  data: Float32Array.from(rows.flat()),
})
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const dot = (a: number[], b: number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)

const row = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
  minLength: classes,
  maxLength: classes,
})
const rows = fc.array(row, { minLength: 1, maxLength: 5 })

describe('crossEntropy', () => {
  it('is the mean over images of -sum(target ln p); its gradient is (p - target) / B', async () => {
    const [logits, targets] = [input('logits', ['B', classes]), input('targets', ['B', classes])]
    const loss = crossEntropy(logits, targets)
    const [gradient] = gradients(loss, [logits])
    const program = await compile({ loss, gradient: gradient as typeof loss }, { threads: 1 })
    const property = fc.asyncProperty(rows, rows, async (values, weights) => {
      const wanted = values.map((_, i) => plainSoftmax(weights[i % weights.length] as number[]))
      const got = await program.run({ logits: feed(values), targets: feed(wanted) })
      const shares = values.map(plainSoftmax)
      const terms = shares.map(
        (p, i) =>
          -dot(
            wanted[i] as number[],
            p.map((share) => Math.log(Math.max(share, 1e-300))),
          ),
      )
      expect(got.loss.data[0]).toBeCloseTo(mean(terms), 3)
      const slopes = shares.flatMap((p, i) =>
        p.map((share, k) => (share - (wanted[i]?.[k] as number)) / values.length),
      )
      expect(farthest(got.gradient.data as Float32Array, slopes)).toBeLessThan(1e-5)
    })
    await fc.assert(property, { numRuns: 50, seed: 3 })
  })
})

describe('divergence', () => {
  it('is KL(teacher || student), summed over classes; only the student takes a gradient', async () => {
    const [teacher, student] = [input('teacher', ['B', classes]), input('student', ['B', classes])]
    const loss = divergence(teacher, student)
    const slopes = gradients(loss, [teacher, student]) as [typeof loss, typeof loss]
    const program = await compile({ loss, teacherSlope: slopes[0], studentSlope: slopes[1] }, { threads: 1 })
    const [a, b] = [toRows(noise(3 * classes, 1), classes), toRows(noise(3 * classes, 2), classes)]
    const got = await program.run({ teacher: feed(a), student: feed(b) })
    const [p, q] = [a.map(plainSoftmax), b.map(plainSoftmax)]
    const terms = p.map((row, i) =>
      row.reduce((sum, v, k) => sum + v * Math.log(v / (q[i]?.[k] as number)), 0),
    )
    expect(got.loss.data[0]).toBeCloseTo(mean(terms), 6)
    expect([...(got.teacherSlope.data as Float32Array)]).toEqual(new Array(3 * classes).fill(0))
    const wanted = q.flatMap((row, i) => row.map((v, k) => (v - (p[i]?.[k] as number)) / 3))
    expect(farthest(got.studentSlope.data as Float32Array, wanted)).toBeLessThan(1e-6)
    const same = await program.run({ teacher: feed(a), student: feed(a) })
    expect(Math.abs(Number(same.loss.data[0]))).toBeLessThan(1e-6)
  })
})
