import { compile, gradients, input, reduceMean } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { farthest } from '../nn/plain.test.support.ts'
import { rateLoss } from './rate-loss.ts'

describe('rateLoss', () => {
  it('is the square of the distance of one mean', async () => {
    const masks = input('masks', ['B', 2, 3])
    const loss = rateLoss(reduceMean(masks), 0.3)
    const [gradient] = gradients(loss, [masks])
    const program = await compile({ loss, gradient: gradient as typeof loss }, { threads: 1 })
    const data = Float32Array.of(1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1)
    const got = await program.run({ masks: data })
    expect(got.loss.data[0]).toBeCloseTo((6 / 12 - 0.3) ** 2, 6)
    const slope = (2 * (6 / 12 - 0.3)) / 12
    expect(farthest(got.gradient.data as Float32Array, new Array(12).fill(slope))).toBeLessThan(1e-7)
  })
})
