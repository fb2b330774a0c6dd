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
    const finite = Array.from({ length: 0x10000 }, (_, half) => half).filter(
      (half) => ((half >>> 10) & 31) < 31,
    )
    expect(finite.filter((half) => halfBits(numberOf(half)) !== half)).toEqual([])
  })

  it('rounds to the nearest, ties to even', () => {
    const rounded = (half: number): number[] => {
      const [low, high] = [numberOf(half), numberOf(half + 1)]
      return [(low + high) / 2, low + (high - low) * 0.26, -(low + (high - low) * 0.74)].map(halfBits)
    }
    const wrong = Array.from({ length: 0x7bff }, (_, half) => half).filter(
      (half) => rounded(half).join() !== [half + (half & 1), half, 0x8000 | (half + 1)].join(),
    )
    expect(wrong).toEqual([])
  })

  it('overflows to infinity and keeps NaN', () => {
    expect([65519, 65520, 1e9, Number.POSITIVE_INFINITY].map(halfBits)).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0x7c00,
    ])
    expect(halfBits(Number.NaN)).toBe(0x7e00)
    expect(halfBits(Number.NEGATIVE_INFINITY)).toBe(0xfc00)
  })
})
