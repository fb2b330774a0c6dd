import { describe, expect, it } from 'vitest'
import { bars } from './bars.ts'
import { renderFacts } from './facts.ts'

describe('renderFacts', () => {
  it('aligns names to the left and values to the right', () => {
    expect(
      renderFacts([
        ['accuracy', '9 %', 'of 2'],
        ['größe', '12.5 k'],
      ]),
    ).toBe('accuracy      9 %   of 2\ngröße      12.5 k\n')
  })
})

describe('bars', () => {
  it('draws a letter for every share, clamped', () => {
    expect(bars([0, 0.5, 1, -1, 2])).toBe('▁▅█▁█')
  })
})
