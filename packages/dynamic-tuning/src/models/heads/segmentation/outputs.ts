import type { Tensor } from '@dynamic-tuning/engine'
import type { Named } from '../../head.ts'

/**
 * Outputs of a head that labels pixels: `logits` [B, K, h, w] and, in training passes of a head that has one,
 * `auxiliary` [B, K, h', w'].
 */
export type SegmentationOutputs = Named & { readonly logits: Tensor }
