/** Rows of small integers with one scale each: w ~ scale * value. */
export interface QuantizedRows {
  /** [rows, columns], from -limit to limit. */
  readonly values: Int8Array
  /** [rows], above 0. */
  readonly scales: Float32Array
}

/** Below this, float32 has fewer digits than a scale needs. */
const smallestNormal = 2 ** -126

/**
 * Symmetric quantization: scale = max |w| of a row / limit, value = round(w / scale), so that
 * |w - scale * value| <= scale / 2. Rows of zeros or of subnormal numbers have scale 1.
 * weights: [rows, columns]; limit: 127 for 8 bits, 7 for 4.
 */
export function quantizeRows(weights: Float32Array, rows: number, limit: number): QuantizedRows {
  const columns = weights.length / rows
  const values = new Int8Array(weights.length)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const start = row * columns
    let largest = 0
    for (let i = start; i < start + columns; i++) largest = Math.max(largest, Math.abs(weights[i] as number))
    const exact = Math.fround(largest / limit)
    const scale = exact < smallestNormal ? 1 : exact
    scales[row] = scale
    for (let i = start; i < start + columns; i++) {
      const rounded = Math.round((weights[i] as number) / scale)
      values[i] = Math.max(-limit, Math.min(limit, rounded))
    }
  }
  return { values, scales }
}

/** The numbers that the integers represent, [rows, columns]. */
export function dequantizeRows({ values, scales }: QuantizedRows): Float32Array {
  const columns = values.length / scales.length
  return Float32Array.from(values, (value, i) => value * (scales[Math.floor(i / columns)] as number))
}
