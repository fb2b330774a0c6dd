import { describe, expect, it } from 'vitest'
import { milliseconds } from './milliseconds.ts'

describe('milliseconds', () => {
  it.each([
    ['20ms', 20],
    ['0.5 s', 500],
    ['1500us', 1.5],
    ['2µs', 0.002],
  ])('%s', (text, value) => expect(milliseconds(text)).toBeCloseTo(value, 12))

  it.each([
    ['20', /with its unit/],
    ['20min', /Unknown unit min\. Use us, ms or s/],
    ['0ms', /above 0/],
    ['fast', /such as 20ms/],
  ])('refuses %s', (text, message) => expect(() => milliseconds(text)).toThrow(message))
})
