const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

/** Bits of the half-precision number nearest to `value`, ties to even. */
export function halfBits(value: number): number {
  single[0] = value
  const word = bits[0] as number
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // Below 2^-14, halves are multiples of 2^-24; adding 0.5 leaves that multiple in the low bits of the
  // single.
  if (magnitude < 0x38800000) {
    single[0] = Math.abs(value) + 0.5
    return sign | ((bits[0] as number) - 0x3f000000)
  }
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13)
}
