import { expect, it } from 'vitest'
import { roundHalfEven } from './round-half-even.ts'

it('rounds like Python', () => {
  const values = [0, 0.25, 0.5, 0.75, 1.5, 2.5, 3.5, 2.49, 2.51, 92.5, 93.5, -0.25, -0.5, -1.5, -2.5, -2.75]
  expect(values.map((value) => roundHalfEven(value) + 0)).toEqual([
    0, 0, 0, 1, 2, 2, 4, 2, 3, 92, 94, 0, 0, -2, -2, -3,
  ])
})
