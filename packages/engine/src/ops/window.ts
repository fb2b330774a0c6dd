import { dims } from '../graph/dims.ts'
import { ShapeError } from '../graph/errors.ts'
import { type Shape, shapeText } from '../graph/shape.ts'
import type { OnnxAttribute } from '../graph/tensor.ts'

/** One number for the rows and one for the columns of a map. */
export type Pair = readonly [number, number]

/** How a window moves over a map [B, C, H, W]. One number stands for rows and columns alike. */
export interface WindowOptions {
  /** Step from one window to the next. Default 1. */
  readonly stride?: number | Pair
  /** Elements added on both sides of each axis. Default 0. */
  readonly padding?: number | Pair
  /** Distance between neighbouring elements of a window. Default 1. */
  readonly dilation?: number | Pair
}

/** A window with all its sizes. */
export interface Window {
  readonly kernel: Pair
  readonly stride: Pair
  readonly padding: Pair
  readonly dilation: Pair
}

/** `f` of rows and columns. */
export function both<T>(f: (axis: 0 | 1) => T): [T, T] {
  return [f(0), f(1)]
}

/** A pair; one number stands for both. */
export function pairOf(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value
}

/** The window of a kernel. @throws ShapeError for numbers that are not whole or too small */
export function windowOf(operator: string, kernel: Pair, options: WindowOptions): Window {
  const { stride = 1, padding = 0, dilation = 1 } = options
  const window = { kernel, stride: pairOf(stride), padding: pairOf(padding), dilation: pairOf(dilation) }
  for (const [name, sizes] of Object.entries(window)) {
    const least = name === 'padding' ? 0 : 1
    if (sizes.some((size) => !Number.isInteger(size) || size < least))
      throw new ShapeError(`${operator}: ${name} is ${sizes}. Give whole numbers, ${least} or more.`)
  }
  return window
}

/** Rows and columns that a window covers. */
export function reach({ kernel, dilation }: Window): [number, number] {
  return both((axis) => dilation[axis] * (kernel[axis] - 1) + 1)
}

/** Rows and columns of a map. @throws ShapeError where it has not four axes or one of these is unknown */
export function mapSizes(operator: string, x: { readonly shape: Shape }): [number, number] {
  const [, , height, width] = dims(x, '_ _ H W', operator)
  return [height, width]
}

/** Numbers of windows along rows and columns. @throws ShapeError where not even one fits */
export function windowCounts(operator: string, x: { readonly shape: Shape }, window: Window): Pair {
  const sizes = mapSizes(operator, x)
  const covered = reach(window)
  const { kernel, stride, padding } = window
  return both((axis) => {
    const room = sizes[axis] + 2 * padding[axis] - covered[axis]
    if (room < 0)
      throw new ShapeError(
        `${operator}: a kernel of ${kernel.join(' x ')} does not fit ${shapeText(x.shape)}. Give a larger map, or pad more.`,
      )
    return Math.floor(room / stride[axis]) + 1
  })
}

/** ONNX attributes of a window. */
export function windowAttributes(window: Window): Record<string, OnnxAttribute> {
  const { kernel, stride, padding, dilation } = window
  return { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding], dilations: dilation }
}
