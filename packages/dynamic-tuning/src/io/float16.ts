/** The value of one IEEE half, given its 16 bits. Exact: every half is a float32. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The 16 bits of the half nearest to the float32 with bits `f`, ties to even. */
function floatBitsToHalf(f: number): number {
  const sign = (f >>> 16) & 0x8000
  const magnitude = f & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // 0x477ff000 is 65520, halfway between the largest half and the next power of two.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13)
  const shift = 126 - (magnitude >>> 23)
  if (shift > 25) return sign
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift)
}

/** value / 2^shift rounded to the nearest integer, ties to even. `shift` is 1 to 30. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1)
  const odd = (value >>> shift) & 1
  return (value + half - 1 + odd) >>> shift
}

let halves: Float32Array | undefined

/** float32 values of IEEE halves given as raw bits. Exact; any NaN becomes the canonical NaN. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, pattern) => halfToNumber(pattern))
  const table = halves
  const values = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i] as number] as number
  return values
}

/** Raw bits of the IEEE halves nearest to `values`, ties to even; 65520 and more become infinity. */
export function narrowToFloat16(values: Float32Array): Uint16Array {
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const bits = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) bits[i] = floatBitsToHalf(patterns[i] as number)
  return bits
}

/** float32 values of bfloat16 numbers given as raw bits: the upper half of a float32. Exact. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const patterns = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) patterns[i] = (bits[i] as number) << 16
  return new Float32Array(patterns.buffer)
}

/** Raw bits of the bfloat16 numbers nearest to `values`, ties to even. NaN stays NaN. */
export function narrowToBfloat16(values: Float32Array): Uint16Array {
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const bits = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    const pattern = patterns[i] as number
    const nan = (pattern & 0x7fffffff) > 0x7f800000
    bits[i] = nan ? (pattern >>> 16) | 0x40 : roundShift(pattern, 16)
  }
  return bits
}
