import { expect, it } from 'vitest'
import type { Measure } from '../evaluation/measure.ts'
import { smallTestNote } from './small-test.ts'

const measure: Measure = {
  ...{ name: 'top1', title: 'top-1', unit: 'share', better: 'higher' },
  interval: 'binomial',
}

it('says how wide the interval of a small test set is', () => {
  // Wilson's interval of 6 of 60: 4.7 to 20.1 %.
  expect(smallTestNote({ images: 60, sample: 'image', measure, value: 0.1 })).toBe(
    'Only 60 test images: the 95 % interval of the top-1 is 15 points wide. Test on more images before you compare models.',
  )
  const { interval: _, ...mean } = measure
  expect(smallTestNote({ images: 99, sample: 'clip', measure: mean, value: 0.1 })).toBe(
    'Only 99 test clips: other clips would give another top-1. Test on more clips before you compare models.',
  )
})

it('is silent about 100 and more, and about none', () => {
  for (const images of [0, 100, 5000])
    expect(smallTestNote({ images, sample: 'image', measure, value: 0.1 })).toBeUndefined()
})
