import { expect, it } from 'vitest'
import { normaliser } from './normalise.ts'

const settings = { width: 3, height: 2, mean: [0.5, 0, 0.2], std: [0.5, 1, 0.1] } as const
const picture = { width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 255, 255, 0) }

it('writes a smaller picture at the left upper corner, with zeros beside and below it', () => {
  const out = new Float32Array(20).fill(9)
  normaliser(settings)(picture, out, 1)
  const planes = [...[-1, 1, 0, 0, 0, 0], ...[0.2, 1, 0, 0, 0, 0], ...[2, -2, 0, 0, 0, 0]]
  expect([...out]).toEqual([9, ...Float32Array.from(planes), 9])
})
