import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { planComparison } from './plan.ts'

const data = 'builtin:nature'
const message = (input: object): string => {
  try {
    planComparison({ data, ...input })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('planComparison', () => {
  it('makes a case of every method, and of every rate where tokens are dispatched', () => {
    const plan = planComparison({ data, methods: ['linear', 'dyt'], rates: [0.3, 0.7], seeds: 3, epochs: 4 })
    expect(plan.seeds).toEqual([0, 1, 2])
    expect(plan.cases).toEqual([
      {
        name: 'linear',
        folder: 'linear',
        method: 'linear',
        settings: {},
        input: { data, epochs: 4, method: 'linear' },
      },
      {
        name: 'dyt r=0.3',
        folder: 'dyt-r0.3',
        method: 'dyt',
        settings: { rate: 0.3 },
        input: { data, epochs: 4, method: 'dyt', rate: 0.3 },
      },
      {
        name: 'dyt r=0.7',
        folder: 'dyt-r0.7',
        method: 'dyt',
        settings: { rate: 0.7 },
        input: { data, epochs: 4, method: 'dyt', rate: 0.7 },
      },
    ])
    const names = (input: object) => planComparison({ data, ...input }).cases.map(({ name }) => name)
    expect(names({})).toEqual(['linear', 'full', 'adaptformer', 'dyt r=0.5'])
    expect(names({ methods: ['dyt'], rate: 0.25 })).toEqual(['dyt r=0.25'])
    expect(names({ methods: ['adaptformer'], rates: [0.5], dispatch: 'mlp' })).toEqual(['adaptformer r=0.5'])
  })

  it('takes named cases, whose settings win over the common ones', () => {
    const cases = [
      { name: 'DyT', rate: 0.5 },
      { name: 'without distillation', distillation: false, epochs: 2 },
    ]
    const plan = planComparison({ data, cases, seeds: [4, 2], epochs: 9 })
    expect(plan.seeds).toEqual([4, 2])
    expect(plan.cases.map(({ folder }) => folder)).toEqual(['DyT', 'without-distillation'])
    expect(plan.cases[1]).toMatchObject({
      method: 'dyt',
      settings: { distillation: false, epochs: 2 },
      input: { data, method: 'dyt', distillation: false, epochs: 2 },
    })
    expect(planComparison({ data, cases, seeds: 2, seed: 7 }).seeds).toEqual([7, 8])
  })

  it('gives names a folder that any file system takes', () => {
    const folders = (...names: string[]) =>
      planComparison({ data, cases: names.map((name) => ({ name })) }).cases.map(({ folder }) => folder)
    expect(folders('../../etc', 'a/b\\c: "d"', '…', ' r = 0.5 ', 'Größe 2.')).toEqual([
      'etc',
      'a-b-c-d',
      'case',
      'r-0.5',
      'Größe-2',
    ])
  })

  it('refuses what makes no sense, in one sentence', () => {
    expect(message({ methods: ['dty'] })).toMatch(/^method: unknown name dty\. Choose one of linear, full, /)
    expect(message({ epocs: 3 })).toBe('compare: Unknown setting epocs. Did you mean epochs?')
    expect(message({ cases: [{ name: 'a', adapter_scal: 1 }] })).toBe(
      'compare: case "a": Unknown setting adapter_scal. Did you mean adapterScale?',
    )
    expect(message({ methods: ['dyt'], rates: [2] })).toMatch(/^compare: case "dyt r=2": rate is 2: /)
    for (const key of ['methods', 'rates', 'cases'])
      expect(message({ [key]: [] })).toBe(`compare: ${key} is []: give at least one.`)
    expect(message({ cases: [{ rate: 1 }] })).toBe('compare: cases.0.name is missing. Give it.')
    expect(message({ cases: [{ name: 'a' }, { name: 'a' }] })).toBe(
      'compare: two cases are called "a". Give each a name of its own.',
    )
    expect(message({ methods: ['dyt', 'dyt'] })).toMatch('two cases are called "dyt r=0.5"')
    expect(message({ cases: [{ name: 'a b' }, { name: 'A-B' }] })).toMatch(
      'the cases "a b" and "A-B" would share the folder A-B.',
    )
    expect(message({ cases: [{ name: 'a' }], methods: ['dyt'] })).toMatch('both cases and methods are given')
    expect(message({ cases: [{ name: 'a', data: 'other' }] })).toMatch('case "a" has its own data.')
    expect(message({ method: 'dyt' })).toMatch('Name what is compared in methods, or in cases.')
    for (const seeds of [0, -1, 1.5, [], [1, 1], 'many', null])
      expect(message({ seeds })).toMatch(`compare: seeds is ${JSON.stringify(seeds)}. `)
    expect(message({ data: undefined })).toBe('compare: data is missing. Give it.')
  })
})
