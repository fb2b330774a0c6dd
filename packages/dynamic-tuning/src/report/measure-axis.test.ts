import { expect, it } from 'vitest'
import { measureAxis } from './measure-axis.ts'

it('gives a measure in percent a least span of 5 points between 0 and 100', () => {
  const iou = { name: 'meanIou', title: 'mean IoU', unit: 'share', better: 'higher' } as const
  expect(measureAxis(iou)).toEqual({ yLabel: 'mean IoU (%)', yLeast: { span: 5, within: [0, 100] } })
  const error = { name: 'error', title: 'error', unit: 'number', better: 'lower' } as const
  expect(measureAxis(error)).toEqual({ yLabel: 'error' })
})
