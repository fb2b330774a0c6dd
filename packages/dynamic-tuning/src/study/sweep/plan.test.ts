import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { planSweep } from './plan.ts'

const data = 'builtin:nature'
const message = (input: object): string => {
  try {
    planSweep({ data, ...input })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}
const names = (input: object): string[] => planSweep({ data, ...input }).cases.map(({ name }) => name)

describe('planSweep', () => {
  it('makes a case of every combination, the last setting changing fastest', () => {
    const plan = planSweep({
      data,
      epochs: 3,
      seeds: 2,
      seed: 5,
      grid: { method: ['dyt', 'adaptformer'], learningRate: [0.001, 0.01] },
      include: [{ method: 'linear' }, { name: 'long', epochs: 9 }],
    })
    expect(plan.cases.map(({ name, folder }) => [name, folder])).toEqual([
      ['dyt, learningRate 0.001', 'dyt-learningRate-0.001'],
      ['dyt, learningRate 0.01', 'dyt-learningRate-0.01'],
      ['adaptformer, learningRate 0.001', 'adaptformer-learningRate-0.001'],
      ['adaptformer, learningRate 0.01', 'adaptformer-learningRate-0.01'],
      ['linear', 'linear'],
      ['long', 'long'],
    ])
    expect(plan.cases[1]?.input).toEqual({ data, epochs: 3, method: 'dyt', learningRate: 0.01 })
    expect(plan.cases[5]?.input).toEqual({ data, epochs: 9, method: 'dyt' })
    expect(plan).toMatchObject({
      seeds: [5, 6],
      axes: ['method', 'learningRate', 'epochs'],
      common: { data, epochs: 3 },
    })
  })

  it('takes a list that is no value of its setting for values to try', () => {
    expect(names({ rate: [0.3, 0.5] })).toEqual(['rate 0.3', 'rate 0.5'])
    expect(names({ data: ['builtin:nature', 'builtin:count'], method: 'linear' })).toEqual([
      'data builtin:nature',
      'data builtin:count',
    ])
    // Height and width, layers: one value each.
    const { cases } = planSweep({ data, imageSize: [64, 96], dispatchLayers: [0, 1], rate: [0.5, 1] })
    expect(cases.map(({ input }) => [input.imageSize, input.dispatchLayers])).toEqual(
      new Array(2).fill([
        [64, 96],
        [0, 1],
      ]),
    )
    const sizes = [
      [32, 32],
      [64, 96],
    ]
    expect(names({ grid: { imageSize: sizes } })).toEqual(['imageSize 32x32', 'imageSize 64x96'])
  })

  it('leaves out what is excluded', () => {
    const grid = { method: ['dyt', 'linear'], epochs: [1, 2] }
    expect(names({ grid, exclude: [{ method: 'linear', epochs: 2 }] })).toEqual([
      'dyt, epochs 1',
      'dyt, epochs 2',
      'linear, epochs 1',
    ])
    expect(message({ grid, exclude: [{ method: 'full' }] })).toBe(
      'sweep: exclude names {"method":"full"}, which is no case of the grid. Check its settings, or leave it out.',
    )
    expect(message({ grid, exclude: [{ epochs: 1 }, { epochs: 2 }] })).toMatch('exclude leaves no case')
  })

  it('gives long names a folder of their own', () => {
    const [a, b] = ['a', 'b'].map((end) => `data ${'x'.repeat(120)}${end}`) as [string, string]
    const { cases } = planSweep({ data, include: [{ name: a }, { name: b }] })
    expect(cases.map(({ folder }) => folder.length)).toEqual([100, 100])
    expect(cases[0]?.folder).not.toBe(cases[1]?.folder)
  })

  it('refuses what makes no sense, in one sentence', () => {
    expect(message({ grid: { rat: [1] } })).toBe(
      'sweep: case "rat 1": Unknown setting rat. Did you mean rate?',
    )
    expect(message({ epocs: 3, grid: { rate: [1] } })).toBe(
      'sweep: Unknown setting epocs. Did you mean epochs?',
    )
    expect(message({ grids: { rate: [1] } })).toBe('sweep: Unknown setting grids. Did you mean grid?')
    expect(message({ grid: { rate: [0.5, 2] } })).toMatch(/^sweep: case "rate 2": rate is 2: /)
    expect(message({ grid: { method: ['dty'] } })).toMatch(/unknown name dty/)
    expect(message({ grid: { rate: [] } })).toBe('sweep: grid.rate is []: give at least one value.')
    expect(message({ grid: { rate: 0.5 } })).toMatch(/^sweep: grid.rate is 0.5: /)
    expect(message({ rate: [0.5, 0.5] })).toBe('sweep: rate has the value 0.5 twice. Leave one out.')
    expect(message({})).toMatch('sweep: nothing varies. ')
    expect(message({ grid: { seed: [0, 1] } })).toMatch('has its own seed. Give seeds, for the whole sweep.')
    expect(message({ grid: { threads: [1, 2] } })).toMatch('Set threads once, for the whole sweep.')
    expect(message({ data: undefined, rate: [1] })).toMatch('sweep: data is missing. ')
    expect(message({ rate: [1], metric: 'accurracy' })).toBe(
      'sweep: metric is accurracy. Did you mean accuracy?',
    )
    const many = Array.from({ length: 200 }, (_, i) => i + 1)
    expect(message({ grid: { epochs: many, batch: many } })).toMatch('has 40000 cases, 10000 are the most.')
  })
})
