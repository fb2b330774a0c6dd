import { expect, it } from 'vitest'
import { taskNamed } from './registry.ts'

it('finds tasks by name', () => {
  expect(taskNamed().name).toBe('classification')
  expect(taskNamed('classification').measures[0].name).toBe('accuracy')
  expect(() => taskNamed('telepathy')).toThrow(/unknown task telepathy\. Choose one of classification/)
})
