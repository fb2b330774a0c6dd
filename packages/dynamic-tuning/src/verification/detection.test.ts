import { expect, it } from 'vitest'
import { allReferences, extra, reference } from './reference.test.support.ts'
import { verifyFixture } from './verify.ts'

it.each([
  ['backbone-dyt', 85, reference],
  ['rpn', 73, reference],
  ['roi', 119, reference],
  ...extra<[string, number, string]>(
    ['backbone', 112, allReferences],
    ['backbone-dyt', 97, allReferences],
    ['rpn', 83, allReferences],
    ['roi', 128, allReferences],
  ),
])('detection/%s passes, each of its %i entries below half of its tolerance', async (name, entries, root) => {
  const report = await verifyFixture(`${root}detection/${name}`, { threads: 1 })
  expect(report.pass).toBe(true)
  expect(report.tensors).toHaveLength(entries)
  for (const { name: tensor, maxAbs, tolerance } of report.tensors)
    expect(maxAbs, tensor).toBeLessThanOrEqual(0.5 * tolerance)
})
