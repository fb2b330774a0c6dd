import { describe, expect, it } from 'vitest'
import { halfBits } from './float16.ts'

/** The value of a half-precision number from its bits, by the definition of the format. */
function numberOf(half: number): number {
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return (half & 0x8000) === 0 ? magnitude : -magnitude
}

describe('halfBits', () => {
  it('gives every half its own bits', () => {
    for (let half = 0; half < 0x10000; half++)
      if (((half >>> 10) & 31) < 31) expect(halfBits(numberOf(half))).toBe(half)
  })

  it('rounds to the nearest, ties to even', () => {
    for (let half = 0; half < 0x7bff; half++) {
      const [low, high] = [numberOf(half), numberOf(half + 1)]
      expect(halfBits((low + high) / 2)).toBe(half + (half & 1))
      expect(halfBits(low + (high - low) * 0.26)).toBe(half)
      expect(halfBits(-(low + (high - low) * 0.74))).toBe(0x8000 | (half + 1))
    }
  })

  it('overflows to infinity and keeps NaN', () => {
    expect([65519, 65520, 1e9, Number.POSITIVE_INFINITY].map(halfBits)).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0x7c00,
    ])
    expect(halfBits(Number.NaN)).toBe(0x7e00)
    expect(halfBits(Number.NEGATIVE_INFINITY)).toBe(0xfc00)
  })
})
