import { expect, it } from 'vitest'
import { usualMeasure } from '../task.ts'
import { classification } from './classification.ts'

it('needs two classes to tell apart', () => {
  const of = (...classes: string[]) => ({ name: 'set', classes, train: [], validation: [], test: [] })
  expect(() => classification.check?.(of('cat'), '/data')).toThrow(
    'finetune: /data has one class only. Give at least two to tell apart.',
  )
  expect(() => classification.check?.(of('cat', 'dog'), '/data')).not.toThrow()
})

it('is reported as a mean over classes where publications do so', () => {
  expect(usualMeasure(classification).name).toBe('accuracy')
  expect(usualMeasure(classification, 'classes').name).toBe('meanPerClassAccuracy')
})
