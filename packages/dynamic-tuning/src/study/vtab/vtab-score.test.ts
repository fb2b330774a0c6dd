import { describe, expect, it } from 'vitest'
import { vtabTasks } from '../../data/kinds/vtab.ts'
import { paperVtabRow } from './paper-row.ts'
import { paperScores } from './paper-scores.ts'
import { groupScores, scoreOverSeeds, vtabScore } from './score.ts'

const dyt = { method: 'dyt', dispatch: 'mlp', rate: 0.7, reduction: 'none' } as const

describe('the paper’s row', () => {
  it('has 19 figures whose score is the printed one', () => {
    for (const [method, { values, mean }] of Object.entries(paperScores)) {
      expect(values).toHaveLength(19)
      const scores = Object.fromEntries(vtabTasks.map(({ name }, i) => [name, values[i] as number]))
      // Printed are means of unrounded scores: FacT-TT is off by 0.036, the others by less than 0.02.
      expect([method, Math.abs(vtabScore(scores) - mean) < (method === 'FacT-TT' ? 0.04 : 0.02)]).toEqual([
        method,
        true,
      ])
    }
  })

  it('is that of the same method and rate', () => {
    const row = paperVtabRow(dyt)
    expect(row).toMatchObject({ method: 'DyT r=0.7', mean: 0.7757 })
    expect([row?.scores.cifar, row?.scores.kitti, row?.scores.smallnorb_ele]).toEqual([0.744, 0.831, 0.459])
    expect(paperVtabRow({ ...dyt, method: 'adaptformer', dispatch: 'none' })?.method).toBe('AdaptFormer')
    expect(paperVtabRow({ ...dyt, method: 'linear', dispatch: 'none' })?.method).toBe('Frozen')
    expect(paperVtabRow({ ...dyt, rate: 0.6 })).toBeUndefined()
    expect(paperVtabRow({ ...dyt, dispatch: 'layer' })).toBeUndefined()
    expect(paperVtabRow({ ...dyt, method: 'adaptformer' })).toBeUndefined()
    expect(paperVtabRow({ ...dyt, reduction: 'tome' })).toBeUndefined()
  })
})

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
    const { mean, deviation, interval } = scoreOverSeeds({ cifar: 0.6, kitti: 0.7 }, bySeed)
    expect(mean).toBeCloseTo(0.65, 14)
    // 0.5 and 0.7.
    expect(deviation).toBeCloseTo(0.1 * Math.SQRT2, 14)
    expect(interval?.map((end) => end.toFixed(6))).toEqual(['0.500000', '0.700000'])
  })
})
