import { expect, it } from 'vitest'
import { captionOf } from './picture.ts'

it('adds the verdict to a caption where the truth is known', () => {
  expect(captionOf({ said: 'cat, 90 %', verdict: 'right' })).toBe('cat, 90 %: right')
  expect(captionOf({ said: 'cat, 90 %' })).toBe('cat, 90 %')
})
