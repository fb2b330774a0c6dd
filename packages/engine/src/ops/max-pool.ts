import { ShapeError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import { asTensor } from '../graph/scalar.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { equal, where } from './compare.ts'
import { add } from './elementwise.ts'
import { zerosLike } from './gather.ts'
import { reshape } from './shape.ts'
import { concat, pad, slice } from './slice.ts'
import {
  both,
  mapSizes,
  type Pair,
  pairOf,
  type Window,
  type WindowOptions,
  windowAttributes,
  windowCounts,
  windowOf,
} from './window.ts'
import { tapPlaces, windowTaps } from './window-taps.ts'

/** How a maximum is taken over windows; the stride is that of the kernel if not given. */
export interface MaxPoolOptions extends Omit<WindowOptions, 'dilation'> {
  /** Rows and columns of a window. */
  readonly kernel: number | Pair
}

const maxPoolOp: UnaryOperator<{ window: Window }> = {
  name: 'MaxPool',
  infer: ([x], { window }) => {
    const { kernel, padding } = window
    if (padding[0] >= kernel[0] || padding[1] >= kernel[1])
      throw new ShapeError(`maxPool: padding ${padding} for a kernel of ${kernel.join(' x ')}. Pad less.`)
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...windowCounts('maxPool', x, window)] }]
  },
  vjp: ([x], [y], [dy], { window }) => [inputGradient(x, y, dy, window)],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { window } }) {
    emitter.node('MaxPool', [emitter.nameOf(x)], windowAttributes(window), [emitter.nameOf(y)])
  },
}

/**
 * The largest element of each window; windows that do not fit the map are left out. The gradient goes to the
 * first of equal ones, row by row, as in PyTorch.
 * x: [B, C, H, W] -> [B, C, H', W'] with H' = floor((H + 2 padding - rows) / stride) + 1.
 * @throws ShapeError where no window fits, or one could lie beside the map
 */
export function maxPool(x: Tensor, { kernel, stride = kernel, padding = 0 }: MaxPoolOptions): Tensor {
  return apply(maxPoolOp, [x], { window: windowOf('maxPool', pairOf(kernel), { stride, padding }) })[0]
}

/** Smaller than any element. */
const lowest = -3.4e38

/** What each element of the windows takes of dy, added up where it came from. */
function inputGradient(x: Tensor, y: Tensor, dy: Tensor, window: Window): Tensor {
  const zero = asTensor(0, dy)
  let left = dy
  const taken = windowTaps(x, window, mapSizes('maxPool', y), lowest).map((tap) => {
    const isLargest = equal(tap, y)
    const share = where(isLargest, left, zero)
    left = where(isLargest, zero, left)
    return share
  })
  return fromWindows(taken, x, window)
}

/** The adjoint of `windowTaps`: adds each tap [B, C, h, w] to its places of the map `like`. */
function fromWindows(taps: readonly Tensor[], like: Tensor, window: Window): Tensor {
  const { stride, padding } = window
  const sizes = mapSizes('maxPool', like)
  // The map as stride x stride interleaved maps, to which the taps are added without gaps.
  const coarse = both((axis) => Math.ceil((sizes[axis] + 2 * padding[axis]) / stride[axis]))
  const phases = new Map<string, Tensor>()
  for (const [i, place] of tapPlaces(window).entries()) {
    const key = both((axis) => place[axis] % stride[axis]).join()
    const first = both((axis) => Math.floor(place[axis] / stride[axis]))
    const placed = placedAt(present(taps[i], 'a tap'), first, coarse)
    const sum = phases.get(key)
    phases.set(key, sum === undefined ? placed : add(sum, placed))
  }
  const empty = zerosLike(present(phases.get('0,0'), 'the first tap'))
  const [batch, channels] = like.shape.slice(0, 2)
  const apart = [present(batch, 'B'), present(channels, 'C'), coarse[0], 1, coarse[1], 1]
  const rows = Array.from({ length: stride[0] }, (_, a) => {
    const columns = Array.from({ length: stride[1] }, (_, b) => phases.get(`${[a, b]}`) ?? empty)
    return concat(
      columns.map((phase) => reshape(phase, apart)),
      5,
    )
  })
  const whole = both((axis) => coarse[axis] * stride[axis])
  let map = reshape(concat(rows, 3), [...apart.slice(0, 2), ...whole])
  for (const axis of [0, 1] as const) map = slice(map, axis + 2, padding[axis], padding[axis] + sizes[axis])
  return map
}

/** x [B, C, h, w] in a larger map of zeros, from row and column `first` on. */
function placedAt(x: Tensor, first: Pair, sizes: Pair): Tensor {
  const own = mapSizes('maxPool', x)
  const [above, before] = first
  const rows = pad(x, 2, above, sizes[0] - own[0] - above)
  return pad(rows, 3, before, sizes[1] - own[1] - before)
}
