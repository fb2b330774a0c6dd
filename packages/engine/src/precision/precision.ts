/**
 * Precision of the products of activations with constant weights, and of the stored weights.
 * - `fp32`: unchanged.
 * - `fp16`: weights in half precision, on GPUs activations too.
 * - `int8`: weights in 8 bits, one scale per output; activations rounded to 8 bits at every run, one scale
 *   per tensor.
 * - `int8-weights`, `int4-weights`: only the weights, one scale for each block of inputs of an output.
 */
export const precisions = ['fp32', 'fp16', 'int8', 'int8-weights', 'int4-weights'] as const

/** One of `precisions`. */
export type Precision = (typeof precisions)[number]

/** Which products are computed in which precision. */
export interface PrecisionOptions {
  /** Default `fp32`. */
  readonly precision?: Precision | undefined
  /**
   * Limit `int8` weights to -63..63, half the resolution, so that sums of 8-bit products saturate on no
   * processor. Default: when a model is compiled, what this machine needs; when it is written to a file,
   * false.
   */
  readonly narrow?: boolean | undefined
  /** Selects the products to change by the name of their weight. Default: all. */
  readonly reduced?: ((weight: string) => boolean) | undefined
}
