import { dims } from '../graph/dims.ts'
import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { type Shape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { extraChannels, isConvolvedByGroup, withExtraChannels } from './conv-channels.ts'
import { kernelGradient } from './kernel-gradient.ts'
import { reduceSum } from './reduce.ts'
import { int64List, reshape, transpose } from './shape.ts'
import { concat, slice } from './slice.ts'
import {
  both,
  mapSizes,
  type Pair,
  pairOf,
  reach,
  type Window,
  type WindowOptions,
  windowAttributes,
  windowCounts,
  windowOf,
} from './window.ts'

/** How a convolution is applied. */
export interface ConvOptions extends WindowOptions {
  /** [O], added to each channel. */
  readonly bias?: Tensor
  /** Groups of channels that are convolved apart. Default 1. */
  readonly groups?: number
}

/** How a transposed convolution is applied. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns added at the end of the result; less than the stride. Default 0. */
  readonly outputPadding?: number | Pair
}

interface ConvAttributes {
  readonly window: Window
  readonly groups: number
}

/** x, weight and perhaps a bias. */
type ConvInputs = readonly [Tensor, Tensor, ...Tensor[]]

function checkInputs(operator: string, [x, weight, bias]: ConvInputs, outs: number): void {
  checkSameType(operator, [x, weight, bias])
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== outs))
    throw new ShapeError(
      `${operator}: bias ${shapeText(bias.shape)} for ${outs} channels. Give one value per channel.`,
    )
}

/** Sizes of a kernel: of the first two axes, of rows and columns. */
function kernelSizes(operator: string, weight: { readonly shape: Shape }): [number, number, Pair] {
  const [first, second, rows, columns] = dims(weight, 'O C H W', operator)
  return [first, second, [rows, columns]]
}

/** Gradient of the bias: the sum over images, rows and columns. */
const biasGradient = (dy: Tensor): Tensor => reduceSum(dy, { axes: [0, 2, 3] })

export const convOp: Operator<ConvAttributes, ConvInputs, readonly [Tensor]> = {
  name: 'Conv',
  infer: (inputs, { window, groups }) => {
    const [x, weight] = inputs
    const [batch, channels] = dims(x, 'B C _ _', 'conv')
    const [outs, ins] = kernelSizes('conv', weight)
    checkInputs('conv', inputs, outs)
    if (ins * groups !== channels || outs % groups !== 0)
      throw new ShapeError(
        `conv: weight ${shapeText(weight.shape)} in ${groups} groups for ${shapeText(x.shape)}. Needs [O, C / groups, rows, columns].`,
      )
    return [{ dtype: x.dtype, shape: [batch, outs, ...windowCounts('conv', x, window)] }]
  },
  vjp: ([x, weight, bias], _y, [dy], { window, groups }) => [
    inputGradient(x, weight, dy, window, groups),
    kernelGradient(dy, x, window, groups),
    ...(bias === undefined ? [] : [biasGradient(dy)]),
  ],
  cost: ([_x, weight], [y], size) => size(y.shape) * size(weight.shape.slice(1)),
  emit(emitter, { inputs, outputs: [y], attributes: { window, groups } }) {
    const [x, weight, ...bias] = inputs
    const extra = extraChannels(weight, window, groups)
    const names = [x, weight].map((tensor) => withExtraChannels(emitter, tensor, extra))
    for (const tensor of bias) names.push(emitter.nameOf(tensor))
    emitter.node('Conv', names, { ...windowAttributes(window), group: groups }, [emitter.nameOf(y)])
  },
}

/**
 * Cross-correlation of a map with a kernel, zeros beside the map: y[o, i, j] = bias[o] + sum of
 * weight[o, c, a, b] x[c, stride (i, j) + dilation (a, b) - padding].
 * x: [B, C, H, W], weight: [O, C / groups, rows, columns] -> [B, O, H', W'] with
 * H' = floor((H + 2 padding - dilation (rows - 1) - 1) / stride) + 1. float32 only on CPU.
 * @throws ShapeError where sizes do not fit
 */
export function conv(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const { bias, groups = 1 } = options
  const [outs, ins, kernel] = kernelSizes('conv', weight)
  const window = windowOf('conv', kernel, options)
  const fits = x.shape[1] === ins * groups && outs % groups === 0
  if (fits && isConvolvedByGroup(outs, groups)) return convByGroup(x, weight, options, groups)
  return apply(convOp, [x, weight, ...(bias === undefined ? [] : [bias])], { window, groups })[0]
}

/** The groups of a convolution, each on its own. */
function convByGroup(x: Tensor, weight: Tensor, options: ConvOptions, groups: number): Tensor {
  const { bias, ...rest } = options
  const [outs, ins] = kernelSizes('conv', weight)
  const each = outs / groups
  const parts = Array.from({ length: groups }, (_, group) => {
    const rows = (tensor: Tensor): Tensor => slice(tensor, 0, group * each, (group + 1) * each)
    const part = { ...rest, groups: 1, ...(bias === undefined ? {} : { bias: rows(bias) }) }
    return conv(slice(x, 1, group * ins, (group + 1) * ins), rows(weight), part)
  })
  return concat(parts, 1)
}

/**
 * dx of a convolution. Where windows move one by one it is a convolution with the mirrored kernel, which
 * needs no memory beside its result; otherwise, and where mirroring the kernel would cost more than it
 * saves, a transposed convolution. Processor time as multiples of the forward pass, 3 x 3 kernels of 768
 * channels, two images of 16 x 16, 32 x 32 and 64 x 64: mirrored 1.5, 1.1 and 1.1; transposed 1.4, 1.4
 * and 1.4.
 */
function inputGradient(x: Tensor, weight: Tensor, dy: Tensor, window: Window, groups: number): Tensor {
  const { kernel, stride, padding, dilation } = window
  const [outs] = kernelSizes('conv', weight)
  const [sizes, counts] = [mapSizes('conv', x), mapSizes('conv', dy)]
  const covered = reach(window)
  const outer = both((axis) => covered[axis] - 1 - padding[axis])
  const isSmall = counts[0] * counts[1] < outs && kernel[0] * kernel[1] > 1
  if (stride[0] === 1 && stride[1] === 1 && outer[0] >= 0 && outer[1] >= 0 && !isSmall)
    return conv(dy, mirrored(weight, groups), { padding: outer, dilation, groups })
  const outputPadding = both(
    (axis) => sizes[axis] + 2 * padding[axis] - covered[axis] - (counts[axis] - 1) * stride[axis],
  )
  return convTranspose(dy, weight, { stride, padding, dilation, groups, outputPadding })
}

/** weight with rows and columns in reverse order. */
const mirrorOp: UnaryOperator = {
  name: 'MirrorKernel',
  infer: ([x]) => [x],
  emit(emitter, { inputs: [x], outputs: [y] }) {
    const back = [-1, -1]
    const lists = [back, [-(2 ** 31), -(2 ** 31)], [2, 3], back].map((list) => int64List(emitter, list))
    emitter.node('Slice', [emitter.nameOf(x), ...lists], {}, [emitter.nameOf(y)])
  },
}

/** The kernel of the opposite direction: [O, C / groups, ...] -> [C, O / groups, ...]. */
function mirrored(weight: Tensor, groups: number): Tensor {
  const [outs, ins, kernel] = kernelSizes('conv', weight)
  const turned = kernel[0] * kernel[1] === 1 ? weight : apply(mirrorOp, [weight], {})[0]
  if (groups === 1) return transpose(turned, [1, 0, 2, 3])
  const apart = reshape(turned, [groups, outs / groups, ins, ...kernel])
  return reshape(transpose(apart, [0, 2, 1, 3, 4]), [groups * ins, outs / groups, ...kernel])
}

interface ConvTransposeAttributes extends ConvAttributes {
  readonly outputPadding: Pair
}

const convTransposeOp: Operator<ConvTransposeAttributes, ConvInputs, readonly [Tensor]> = {
  name: 'ConvTranspose',
  infer: (inputs, attributes) => {
    const [x, weight] = inputs
    const { window, groups } = attributes
    const [batch, channels] = dims(x, 'B C _ _', 'convTranspose')
    const [ins, outs] = kernelSizes('convTranspose', weight)
    checkInputs('convTranspose', inputs, outs * groups)
    if (ins !== channels || ins % groups !== 0)
      throw new ShapeError(
        `convTranspose: weight ${shapeText(weight.shape)} in ${groups} groups for ${shapeText(x.shape)}. Needs [C, O / groups, rows, columns].`,
      )
    return [{ dtype: x.dtype, shape: [batch, outs * groups, ...transposedSizes(x, window, attributes)] }]
  },
  vjp: ([x, weight, bias], _y, [dy], { window, groups }) => [
    conv(dy, weight, { ...window, groups }),
    kernelGradient(x, dy, window, groups),
    ...(bias === undefined ? [] : [biasGradient(dy)]),
  ],
  cost: ([x, weight], _y, size) => size(x.shape) * size(weight.shape.slice(1)),
  emit(emitter, { inputs, outputs: [y], attributes: { window, groups, outputPadding } }) {
    const names = inputs.map((tensor) => emitter.nameOf(tensor))
    const attributes = { ...windowAttributes(window), output_padding: outputPadding, group: groups }
    emitter.node('ConvTranspose', names, attributes, [emitter.nameOf(y)])
  },
}

function transposedSizes(
  x: Tensor,
  window: Window,
  { outputPadding }: { readonly outputPadding: Pair },
): Pair {
  const sizes = mapSizes('convTranspose', x)
  const covered = reach(window)
  const { stride, padding } = window
  return both((axis) => {
    const more = outputPadding[axis]
    if (!Number.isInteger(more) || more < 0 || more >= stride[axis])
      throw new ShapeError(
        `convTranspose: output padding ${outputPadding} with stride ${stride}. Give 0 or more, less than the stride.`,
      )
    const size = (sizes[axis] - 1) * stride[axis] - 2 * padding[axis] + covered[axis] + more
    if (size < 1)
      throw new ShapeError(
        `convTranspose: padding ${padding} leaves nothing of ${shapeText(x.shape)}. Pad less.`,
      )
    return size
  })
}

/**
 * The linear map whose matrix is the transpose of that of `conv`: each element of x adds its kernel to the
 * result, at stride (i, j) + dilation (a, b) - padding.
 * x: [B, C, H, W], weight: [C, O / groups, rows, columns], bias: [O] -> [B, O, H', W'] with
 * H' = (H - 1) stride - 2 padding + dilation (rows - 1) + 1 + output padding. float32 only on CPU.
 * @throws ShapeError where sizes do not fit
 */
export function convTranspose(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const { bias, groups = 1, outputPadding = 0 } = options
  const window = windowOf('convTranspose', kernelSizes('convTranspose', weight)[2], options)
  const inputs: ConvInputs = [x, weight, ...(bias === undefined ? [] : [bias])]
  return apply(convTransposeOp, inputs, { window, groups, outputPadding: pairOf(outputPadding) })[0]
}
