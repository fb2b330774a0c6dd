import { expect, it } from 'vitest'
import { meanOfViews } from './mean-of-views.ts'

it('averages the views of each sample', () => {
  const data = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 60)
  const outputs = { logits: { dtype: 'float32', shape: [4, 2], data } } as const
  const { logits } = meanOfViews(outputs, 2, 2)
  expect(logits?.shape).toEqual([2, 2])
  expect([...(logits?.data ?? [])]).toEqual([2, 3, 20, 40])
  expect([...(meanOfViews(outputs, 1, 4).logits?.data ?? [])]).toEqual([11, 21.5])
  expect(meanOfViews(outputs, 4, 1)).toBe(outputs)
})
