import { expect, it } from 'vitest'
import { ActivityTally, meanRate, ratePerLayer, sharesOf } from './gate-activity.ts'

const sites = [
  { layer: 0, part: 'mlp' },
  { layer: 2, part: 'mlp' },
] as const

it('counts the open decisions of every image and gate, gate after gate', () => {
  // Two gates of two and four decisions, two images.
  const masks = Float32Array.of(1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1)
  expect([...sharesOf(masks, [2, 4])]).toEqual([0.5, 0.75, 1, 0.25])
})

it('adds up shares and their squares over batches', () => {
  const tally = new ActivityTally(sites, [2, 4])
  tally.add(Float32Array.of(1, 0, 1, 1, 1, 0))
  tally.add(Float32Array.of(1, 1, 0, 0, 0, 1))
  const gates = tally.result()
  expect(gates).toEqual([
    { layer: 0, part: 'mlp', rate: 0.75, rms: Math.sqrt((0.25 + 1) / 2) },
    { layer: 2, part: 'mlp', rate: 0.5, rms: Math.sqrt((0.5625 + 0.0625) / 2) },
  ])
  expect(meanRate(gates)).toBe(0.625)
  expect(ratePerLayer(gates, 3)).toEqual([0.75, 1, 0.5])
})

it('takes the shares of tokens that were present where they are given', () => {
  const tally = new ActivityTally(sites, [2, 4])
  tally.add(new Float32Array(6), Float32Array.of(0.5, 0.25))
  expect(tally.result().map(({ rate }) => rate)).toEqual([0.5, 0.25])
})
