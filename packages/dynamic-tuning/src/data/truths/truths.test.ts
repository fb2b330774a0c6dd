import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { type Dataset, sourceName } from '../example.ts'
import { inOrderOf } from '../kinds/order.ts'
import { stratifiedSplit } from '../kinds/split.ts'
import { type MaskSource, plainClasses } from '../masks/mask-source.ts'
import { classTruth, softTargets } from './class.ts'
import { type Labels, labelsTruth, multiHot } from './labels.ts'
import { mapTruth } from './map.ts'

const source = { kind: 'file', path: 'a.png' } as const
const of = <T>(...truths: readonly T[]): Dataset<T> => {
  const train = truths.map((truth) => ({ source, truth }))
  return { name: 'set', classes: ['a', 'b', 'c'], train, validation: train, test: train }
}

const mask: MaskSource = { image: { kind: 'file', path: 'm.png' }, classes: plainClasses(3), count: 3 }

describe('truths', () => {
  it('pack classes into smoothed rows, and sets of them into rows of ones', () => {
    expect([...softTargets([2, 0], 4, 0.5)]).toEqual([
      ...[0.125, 0.125, 0.625, 0.125],
      ...[0.625, 0.125, 0.125, 0.125],
    ])
    expect([...softTargets(BigInt64Array.of(1n), 2)]).toEqual([0, 1])
    expect([...multiHot([[0, 2], [1]], 3)]).toEqual([1, 0, 1, 0, 1, 0])
    expect([...multiHot([[1]], 2, 0.5)]).toEqual([0.25, 0.75])
  })

  it('take a class for a set of one, and refuse several labels by file and line', () => {
    const single = of(2, 0)
    expect(classTruth.of(single)).toBe(single)
    const sets = labelsTruth.of(single)
    expect(sets).toMatchObject({ truth: 'labels', train: [{ truth: [2] }, { truth: [0] }] })
    expect(sets.validation).toBe(sets.test)
    const several: Dataset<Labels> = { ...of([0, 1]), truth: 'labels', severalAt: '/d/train.txt:3' }
    expect(labelsTruth.of(several)).toBe(several)
    expect(() => classTruth.of(several)).toThrow(DataError)
    expect(() => classTruth.of(several)).toThrow('dataset: /d/train.txt:3: an image has several labels')
    const masks = { ...of(mask), truth: 'map' } as const
    expect(mapTruth.of(masks)).toBe(masks)
    expect(() => classTruth.of(masks)).toThrow('set has masks for its images, expected one class each')
    expect(() => labelsTruth.of(masks)).toThrow('set has masks for its images, expected labels')
    expect(() => mapTruth.of(single)).toThrow('set has one class each for its images, expected a mask')
  })

  it('order sets as words, and split them by their rarest label', () => {
    const sets: Labels[] = [[1], [0, 2], [0], [0, 1, 2], [0, 1]]
    expect(sets.toSorted(labelsTruth.compare)).toEqual([[0], [0, 1], [0, 1, 2], [0, 2], [1]])
    const many = of<Labels>(...Array.from({ length: 40 }, (_, i) => (i % 10 === 0 ? [0, 1] : [0]))).train
    const { train, validation } = stratifiedSplit(many, labelsTruth, { validationShare: 0.25, seed: 3 })
    expect([train.length, validation.length]).toEqual([30, 10])
    expect(validation.filter(({ truth }) => truth.includes(1)).length).toBe(1)
  })

  it('order images with masks by name, and put a seeded share of them aside', () => {
    const named = (name: string) => ({ source: { kind: 'file', path: `/d/${name}` } as const, truth: mask })
    const names = Array.from({ length: 20 }, (_, i) => named(`${i % 10}${i}.png`))
    const ordered = inOrderOf(mapTruth, names).map(({ source }) => sourceName(source))
    expect(ordered).toEqual(ordered.toSorted())
    const parts = (seed: number) => stratifiedSplit(names, mapTruth, { validationShare: 0.25, seed })
    expect([parts(1).train.length, parts(1).validation.length]).toEqual([15, 5])
    expect(new Set([...parts(1).train, ...parts(1).validation])).toEqual(new Set(names))
    expect(parts(1)).toEqual(parts(1))
    expect(parts(1).validation).not.toEqual(parts(2).validation)
    expect(mapTruth.aside([mask], { validationShare: 0.9, seed: 1 }).size).toBe(0)
  })
})
