import type { Precision } from './precision.ts'

/** Sizes and values of a product. */
export interface PlainProduct {
  readonly x: Float32Array
  readonly weight: Float32Array
  readonly bias: Float32Array
  readonly inputs: number
  /** Largest int8 weight: 63 where the program keeps its weights narrow. */
  readonly limit?: number
}

/** The nearest half-precision number, searched among the multiples of its step. */
function half(value: number): number {
  if (value === 0) return 0
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10)
  return even(value / step) * step
}

/** Rounded to the nearest whole number, ties to even. */
function even(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

/** Rounds the numbers of each block to multiples of the largest / limit. */
function inSteps(values: Float32Array, block: number, limit: number): Float64Array {
  return Float64Array.from(values, (value, i) => {
    const start = i - (i % block)
    const largest = values
      .subarray(start, start + block)
      .reduce((most, each) => Math.max(most, Math.abs(each)), 0)
    const scale = Math.fround(largest / limit)
    return scale === 0 ? 0 : Math.round(value / scale) * scale
  })
}

/**
 * Quantizes as DynamicQuantizeLinear of ONNX and back: 256 steps from the smallest to the largest number,
 * which include zero.
 */
function inBytes(values: Float32Array): Float64Array {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
  const scale = Math.fround((high - low) / 255)
  const zero = even(-low / scale)
  return Float64Array.from(
    values,
    (value) => (Math.max(0, Math.min(255, even(value / scale) + zero)) - zero) * scale,
  )
}

/** x W^T + b in double precision, with x and W rounded as a precision does. */
export function plainProduct(
  precision: Precision,
  { x, weight, bias, inputs, limit = 127 }: PlainProduct,
): Float64Array {
  const rounded = {
    fp32: () => Float64Array.from(weight),
    fp16: () => Float64Array.from(weight, half),
    int8: () => inSteps(weight, inputs, limit),
    'int8-weights': () => inSteps(weight, 32, 127),
    'int4-weights': () => inSteps(weight, 32, 7),
  }
  const w = rounded[precision]()
  const left = precision === 'int8' ? inBytes(x) : Float64Array.from(x)
  const outputs = bias.length
  return Float64Array.from({ length: (x.length / inputs) * outputs }, (_, at) => {
    const [row, column] = [Math.floor(at / outputs), at % outputs]
    let sum = bias[column] as number
    for (let i = 0; i < inputs; i++)
      sum += (left[row * inputs + i] as number) * (w[column * inputs + i] as number)
    return sum
  })
}
