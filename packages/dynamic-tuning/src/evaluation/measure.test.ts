import { expect, it } from 'vitest'
import { RunError } from '../errors.ts'
import { fieldOf } from '../training/field-of.ts'
import {
  bestFirst,
  headingOf,
  isBetter,
  type Measure,
  numberIn,
  shownValue,
  titleWithUnit,
  valueIn,
  valueInterval,
  worstFirst,
} from './measure.ts'
import { shareInterval } from './statistics.ts'

const top1: Measure = { name: 'topOne', title: 'top-1', unit: 'share', better: 'higher' }
const error: Measure = { name: 'error', title: 'error', unit: 'number', better: 'lower' }

it('knows which value is better, and sorts by it', () => {
  expect([isBetter(top1, 0.6, 0.5), isBetter(top1, 0.5, 0.5), isBetter(error, 0.6, 0.5)]).toEqual([
    true,
    false,
    false,
  ])
  expect([1, 3, 2].sort(bestFirst(top1))).toEqual([3, 2, 1])
  expect([1, 3, 2].sort(bestFirst(error))).toEqual([1, 2, 3])
})

it('names fields, and shows shares as percent', () => {
  expect([fieldOf('validation', top1), fieldOf('train', error)]).toEqual(['validationTopOne', 'trainError'])
  expect([titleWithUnit(top1), titleWithUnit(error)]).toEqual(['top-1 (%)', 'error'])
  expect(['mean IoU', 'mAP', 'F1'].map((title) => headingOf({ title }))).toEqual(['Mean IoU', 'mAP', 'F1'])
  expect([shownValue(top1, 0.25), shownValue(error, 0.25)]).toEqual([25, 0.25])
})

it('reads a value from a record, and says what the record has instead', () => {
  const record = { topOne: 0.5, error: '0.5' }
  expect([numberIn(record, 'topOne'), numberIn(record, 'error'), numberIn(record, 'other')]).toEqual([
    0.5,
    undefined,
    undefined,
  ])
  expect([valueIn(record, top1), valueIn({ error: 0 }, error)]).toEqual([0.5, 0])
  expect(() => valueIn(record, error)).toThrow(RunError)
  expect(() => valueIn(record, error)).toThrow('a result has no error, got topOne, error.')
})

it('tells an interval for shares of samples alone', () => {
  expect(valueInterval({ interval: 'binomial' }, 0.3, 40)).toEqual(shareInterval(0.3, 40))
  expect(valueInterval({ interval: 'binomial' }, 0.3, 0)).toBeNull()
  expect(valueInterval({}, 0.3, 40)).toBeNull()
})

it('sorts rows by a measure, the worst first and those without a value last', () => {
  const values = [0.5, Number.NaN, 0.2, 0.9]
  const sorted = (better: 'higher' | 'lower') => worstFirst(values, { better }, (value) => value)
  expect(sorted('higher')).toEqual([0.2, 0.5, 0.9, Number.NaN])
  expect(sorted('lower')).toEqual([0.9, 0.5, 0.2, Number.NaN])
  expect(values[0]).toBe(0.5)
})
