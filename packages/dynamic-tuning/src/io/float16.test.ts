import { describe, expect, it } from 'vitest'
import { narrowToBfloat16, narrowToFloat16, widenBfloat16, widenFloat16 } from './float16.ts'

const every = Uint16Array.from({ length: 65536 }, (_, bits) => bits)

/** The value of a half spelled out from the definition, in float64. */
function half(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1
  const exponent = Math.floor((bits % 0x8000) / 1024)
  const fraction = bits % 1024
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0
    ? sign * (fraction / 1024) * 2 ** -14
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

describe('float16', () => {
  it('widens all 65536 patterns to their value', () => {
    const wide = widenFloat16(every)
    const wrong = Array.from(every).filter((bits) => !Object.is(wide[bits], half(bits)))
    expect(wrong).toEqual([])
  })

  it('narrows every widened pattern back to itself, NaN to a NaN of the same sign or not', () => {
    const back = narrowToFloat16(widenFloat16(every))
    for (const bits of every) {
      const nan = (bits & 0x7c00) === 0x7c00 && (bits & 1023) !== 0
      if (nan) expect((back[bits] as number) & 0x7fff).toBe(0x7e00)
      else if (back[bits] !== bits) expect.fail(`${bits} came back as ${back[bits]}`)
    }
  })

  it('rounds to the nearest, ties to even, between all neighbours', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [half(bits), half(bits + 1)]
      const middle = (low + high) / 2
      const step = (high - low) / 4
      const [below, tie, above] = narrowToFloat16(new Float32Array([middle - step, middle, middle + step]))
      const even = bits % 2 === 0 ? bits : bits + 1
      if (below !== bits || tie !== even || above !== bits + 1) {
        expect.fail(`around ${middle}: ${below}, ${tie}, ${above}, expected ${bits}, ${even}, ${bits + 1}`)
      }
    }
  })

  it('goes to infinity from 65520 on and to zero up to 2^-25', () => {
    const values = new Float32Array([
      65519.996,
      65520,
      1e30,
      -65520,
      2 ** -25,
      2 ** -25 * 1.0001,
      -(2 ** -26),
    ])
    expect(Array.from(narrowToFloat16(values))).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 1, 0x8000])
    expect(narrowToFloat16(new Float32Array([1e-42, Number.NaN]))).toEqual(new Uint16Array([0, 0x7e00]))
  })

  it('reads a view that does not start at the beginning of its buffer', () => {
    expect(narrowToFloat16(new Float32Array([9, 1, 2]).subarray(1))).toEqual(
      new Uint16Array([0x3c00, 0x4000]),
    )
  })
})

describe('bfloat16', () => {
  it('is the upper half of a float32', () => {
    const wide = widenBfloat16(every)
    const view = new DataView(wide.buffer)
    for (const bits of every) if (view.getUint32(bits * 4, true) !== bits * 65536) expect.fail(`${bits}`)
    expect(Array.from(widenBfloat16(new Uint16Array([0x3f80, 0xc049, 0x7f80])))).toEqual([
      1,
      -3.140625,
      Number.POSITIVE_INFINITY,
    ])
  })

  it('comes back from float32 unchanged and rounds ties to even', () => {
    const back = narrowToBfloat16(widenBfloat16(every))
    for (const bits of every) {
      const nan = (bits & 0x7f80) === 0x7f80 && (bits & 127) !== 0
      if (nan ? (back[bits] as number) !== (bits | 0x40) : back[bits] !== bits) expect.fail(`${bits}`)
    }
    const ulp = 2 ** -7
    const values = new Float32Array([1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp, 3.4028234e38])
    expect(Array.from(narrowToBfloat16(values))).toEqual([0x3f80, 0x3f82, 0x3f81, 0x7f80])
  })
})
