/**
 * How the products of activations with constant weights are computed, and how those weights are kept.
 * `fp32`: as they are. `fp16`: weights in half precision, on GPUs activations too. `int8`: weights in 8 bits, one scale per output; activations
 * rounded to 8 bits at every run, one scale per tensor. `int8-weights`, `int4-weights`: weights alone, one scale for every
 * block of inputs of an output.
 */
export const precisions = ['fp32', 'fp16', 'int8', 'int8-weights', 'int4-weights'] as const

/** One of `precisions`. */
export type Precision = (typeof precisions)[number]

/** Which products are computed in which precision. */
export interface PrecisionOptions {
  /** Default `fp32`. */
  readonly precision?: Precision | undefined
  /**
   * Keep `int8` weights from -63 to 63, half as fine, so that no processor's products of 8-bit numbers saturate. Default: as
   * this machine needs it where a model is compiled, false where it is written.
   */
  readonly narrow?: boolean | undefined
  /** Whether the product with the weight of this name is meant; all of them by default. */
  readonly reduced?: ((weight: string) => boolean) | undefined
}
