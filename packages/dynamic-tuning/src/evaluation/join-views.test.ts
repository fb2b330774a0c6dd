import { expect, it } from 'vitest'
import { joinViews } from './join-views.ts'

it('averages the views of each sample', () => {
  const data = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 60)
  const outputs = { logits: { dtype: 'float32', shape: [4, 2], data } } as const
  const { logits } = joinViews(outputs, 2, 2)
  expect(logits?.shape).toEqual([2, 2])
  expect([...(logits?.data ?? [])]).toEqual([2, 3, 20, 40])
  expect([...(joinViews(outputs, 1, 4).logits?.data ?? [])]).toEqual([11, 21.5])
  expect(joinViews(outputs, 4, 1)).toBe(outputs)
})
