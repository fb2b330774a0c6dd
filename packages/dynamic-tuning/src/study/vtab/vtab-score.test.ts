import { describe, expect, it } from 'vitest'
import { groupScores, scoreOverSeeds, vtabScore } from './score.ts'

describe('the score', () => {
  it('is the mean of the means of the groups that there are', () => {
    const scores = { cifar: 0.5, dtd: 0.7, eurosat: 0.9 }
    expect(groupScores(scores)).toEqual([
      { group: 'natural', score: 0.6, tasks: 2, of: 7 },
      { group: 'specialized', score: 0.9, tasks: 1, of: 4 },
    ])
    expect(vtabScore(scores)).toBeCloseTo(0.75, 14)
  })

  it('varies over the seeds that did all tasks', () => {
    const bySeed = new Map<number, Record<string, number>>([
      [0, { cifar: 0.4, kitti: 0.6 }],
      [1, { cifar: 0.6, kitti: 0.8 }],
      [2, { cifar: 0.9 }],
    ])
    const means = { cifar: 0.6, kitti: 0.7 }
    const { mean, deviation, interval } = scoreOverSeeds(means, bySeed)
    expect(mean).toBeCloseTo(0.65, 14)
    // 0.5 and 0.7 alone tell no spread.
    expect([deviation, interval]).toEqual([null, null])
    bySeed.set(3, { cifar: 0.5, kitti: 0.7 })
    const three = scoreOverSeeds(means, bySeed)
    expect(three.deviation).toBeCloseTo(0.1, 14)
    // 0.6 ± 4.302653 x 0.1 / sqrt(3)
    expect(three.interval?.map((end) => end.toFixed(4))).toEqual(['0.3516', '0.8484'])
  })
})
