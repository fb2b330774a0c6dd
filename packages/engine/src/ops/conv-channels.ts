import { allocate } from '../graph/dtype.ts'
import type { Emitter, Tensor } from '../graph/tensor.ts'
import { padWidths } from './slice.ts'
import type { Window } from './window.ts'

/**
 * Zero channels to add to x and kernel [O, C, ...] so that every device computes the convolution right.
 * ONNX Runtime 1.30 gives wrong numbers on WebGPU where C is a multiple of 3 above 3 but not of 4, O is a
 * multiple of 4, and the convolution is no plain product of matrices.
 */
export function extraChannels(weight: Tensor, window: Window, groups: number): number {
  const [outs, ins] = [Number(weight.shape[0]), Number(weight.shape[1])]
  const { kernel, stride, padding } = window
  const isProduct = [...kernel, ...stride].every((size) => size === 1) && padding.every((size) => size === 0)
  const isWrong = groups === 1 && !isProduct && outs % 4 === 0 && ins > 3 && ins % 3 === 0
  return isWrong ? (4 - (ins % 4)) % 4 : 0
}

/** Writes x with zero channels added at the end of its second axis; returns its name. */
export function withExtraChannels(emitter: Emitter, x: Tensor, count: number): string {
  if (count === 0) return emitter.nameOf(x)
  const zero = emitter.constant({ dtype: x.dtype, shape: [], data: allocate(x.dtype, 1) })
  const widths = padWidths(emitter, x, (axis) => [0, axis === 1 ? count : 0])
  return emitter.node('Pad', [emitter.nameOf(x), widths, zero])
}

/**
 * True for groups that have to be convolved one by one: on WebGPU, ONNX Runtime 1.30 gives wrong numbers for
 * groups of more than 4 outputs that are no multiple of 4.
 */
export function isConvolvedByGroup(outs: number, groups: number): boolean {
  const each = outs / groups
  return groups > 1 && each > 4 && each % 4 !== 0
}
