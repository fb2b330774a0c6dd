import { expect, it } from 'vitest'
import { taskFor, taskNamed } from './registry.ts'

it('finds tasks by name', () => {
  expect(taskNamed().name).toBe('classification')
  expect(taskNamed('classification').measures[0].name).toBe('accuracy')
  expect(() => taskNamed('telepathy')).toThrow(/unknown task telepathy\. Choose one of classification/)
})

it('finds the task of data by what their examples know, unless a name decides', () => {
  expect(taskFor(undefined, {}).name).toBe('classification')
  expect(taskFor(undefined, { truth: 'labels' }).name).toBe('multilabel')
  expect(taskFor('classification', { truth: 'labels' }).name).toBe('classification')
  expect(taskFor('multilabel', {}).name).toBe('multilabel')
})
