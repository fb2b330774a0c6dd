import { dims } from '../graph/dims.ts'
import type { DType, TensorData } from '../graph/dtype.ts'
import { DTypeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { apply, type Emitter, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { int64List } from './shape.ts'

interface ShareSettings {
  readonly axis: 'x' | 'y'
  /** Elements of the map along the axis. */
  readonly size: number
  readonly bins: number
  readonly scale: number
  readonly samples: number
}

const sharesOp: UnaryOperator<ShareSettings> = {
  name: 'RegionShares',
  infer: ([boxes], { bins, size }) => {
    const [count] = dims(boxes, 'R _', 'roiAlign')
    return [{ dtype: boxes.dtype, shape: [count, bins, size] }]
  },
  emit(emitter, { inputs: [boxes], outputs: [y], attributes }) {
    new ShareWriter(emitter, boxes, attributes).write([emitter.nameOf(y)])
  },
}

/**
 * What each element of a map along one axis adds to each bin of a region: the mean over the bin's samples of
 * how near they are, max(0, 1 - |position - i|). boxes: [R, 4] -> [R, P, size]; see `roiAlign`.
 */
export function regionShares(boxes: Tensor, settings: ShareSettings): Tensor {
  return apply(sharesOp, [boxes], settings)[0]
}

const placesOp: UnaryOperator<{ axis: number }> = {
  name: 'AxisPlaces',
  infer: ([x], { axis }) => [{ dtype: 'int64', shape: x.shape.slice(axis, axis + 1) }],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis } }) {
    const size = emitter.node('Shape', [emitter.nameOf(x)], { start: axis, end: axis + 1 })
    range(emitter, emitter.node('Squeeze', [size]), [emitter.nameOf(y)])
  },
}

/** 0, 1, 2, ... along an axis of x: int64 [x.shape[axis]]. */
export function axisPlaces(x: Tensor, axis: number): Tensor {
  return apply(placesOp, [x], { axis })[0]
}

/** 0 up to a count, int64. */
function range(emitter: Emitter, count: string, outputs?: readonly string[]): string {
  const whole = (value: bigint): string =>
    emitter.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(value) })
  return emitter.node('Range', [whole(0n), count, whole(1n)], {}, outputs)
}

function numbers(dtype: DType, values: readonly number[], shape: readonly number[]): TensorData {
  if (dtype === 'float64') return { dtype, shape, data: Float64Array.from(values) }
  if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(values) }
  throw new DTypeError(`roiAlign: its gradient is for float32 or float64, got ${dtype}. Cast the map.`)
}

/** Writes nodes on four axes: regions, bins, samples, elements of the map. */
class ShareWriter {
  constructor(
    private readonly emitter: Emitter,
    private readonly boxes: Tensor,
    private readonly settings: ShareSettings,
  ) {}

  /** The whole: the mean over samples of how near each is to an element. */
  write(outputs: readonly string[]): void {
    const { emitter } = this
    const { axis, bins, samples } = this.settings
    const [start, end] = axis === 'x' ? [this.side(0), this.side(2)] : [this.side(1), this.side(3)]
    const bin = this.node('Div', this.node('Sub', end, start), this.list([bins]))
    const count = samples > 0 ? this.list([samples]) : this.node('Ceil', bin)
    const divisor = this.node('Max', count, this.list([1]))
    const sample = this.samplesUpTo(count)
    const share = this.node('Div', this.node('Add', sample, this.list([0.5])), divisor)
    const places = this.node('Add', this.list(upTo(bins), [1, bins, 1, 1]), share)
    const position = this.node('Add', start, this.node('Mul', places, bin))
    const counts = this.node('And', this.node('Less', sample, count), this.isInside(position))
    const weight = this.node('Div', this.asNumber(counts), divisor)
    const all = this.node('Mul', this.nearness(position), weight)
    emitter.node('ReduceSum', [all, int64List(emitter, [2])], { keepdims: 0 }, outputs)
  }

  private node(op: string, ...inputs: string[]): string {
    return this.emitter.node(op, inputs)
  }

  private list(values: readonly number[], shape: readonly number[] = []): string {
    return this.emitter.constant(numbers(this.boxes.dtype, values, shape))
  }

  private asNumber(name: string): string {
    return this.emitter.node('Cast', [name], { to: onnxDTypes[this.boxes.dtype] })
  }

  /** One side of all boxes on the map: [R, 1, 1, 1]. */
  private side(place: number): string {
    const { emitter, boxes, settings } = this
    const taken = emitter.node('Gather', [emitter.nameOf(boxes), int64List(emitter, [place])], { axis: 1 })
    const apart = this.node('Unsqueeze', taken, int64List(emitter, [2, 3]))
    return this.node('Sub', this.node('Mul', apart, this.list([settings.scale])), this.list([0.5]))
  }

  /** 0, 1, 2, ... as far as any region needs: [1, 1, S, 1]. */
  private samplesUpTo(count: string): string {
    const { emitter } = this
    const flat = this.node('Reshape', count, int64List(emitter, [-1]))
    const most = emitter.node('Concat', [flat, this.list([1], [1])], { axis: 0 })
    const highest = emitter.node('ReduceMax', [most], { keepdims: 0 })
    const numbered = range(emitter, emitter.node('Cast', [highest], { to: onnxDTypes.int64 }))
    return this.node('Unsqueeze', this.asNumber(numbered), int64List(emitter, [0, 1, 3]))
  }

  private isInside(position: string): string {
    const after = this.node('GreaterOrEqual', position, this.list([-1]))
    return this.node('And', after, this.node('LessOrEqual', position, this.list([this.settings.size])))
  }

  /** max(0, 1 - |position - i|) for all elements i, the position held within them. */
  private nearness(position: string): string {
    const { size } = this.settings
    const held = this.node('Max', this.node('Min', position, this.list([size - 1])), this.list([0]))
    const apart = this.node('Abs', this.node('Sub', held, this.list(upTo(size), [1, 1, 1, size])))
    return this.node('Max', this.node('Sub', this.list([1]), apart), this.list([0]))
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
