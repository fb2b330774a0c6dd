import { constant, input, type Tensor } from '../graph/tensor.ts'
import { cast, where } from '../ops/compare.ts'
import { add, mul } from '../ops/elementwise.ts'
import { gatherRows } from '../ops/gather.ts'
import { layerNormalization } from '../ops/layer-normalization.ts'
import { linear } from '../ops/matrix.ts'
import { reduceSum } from '../ops/reduce.ts'
import { join } from '../runtime/ort.ts'
import { fill, type Plain, tensor } from '../testing/index.ts'
import { lower } from './lower.ts'
import type { OnnxModel } from './model.ts'

export { join as joined }

/** A number that is exact in single precision, in which ONNX stores it. */
const epsilon = 2 ** -17

/** y = normalized (x Wᵀ)[rows], in a graph with weights and attributes of every kind we write. */
export function everyKindOutput(size = 1000): Tensor {
  const x = input('x', ['B', 3])
  const weight = constant(tensor([3, 3], [1, 0, 0, 0, 2, 0, 0, 0, 3], 'float32'), 'fc.weight')
  const half = cast(
    constant({ dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0x4000, 0x4200) }),
    'float32',
  )
  const doubles = cast(constant(tensor([1], [0], 'float64'), 'double'), 'float32')
  const whole = cast(constant(tensor([1], [-7], 'int32'), 'whole'), 'float32')
  const bytes = cast(constant(tensor([1], [7], 'uint8'), 'bytes'), 'float32')
  const mask = constant(tensor([3], [1, 1, 0], 'bool'), 'mask')
  const rows = constant(tensor([2, 1], [1, 0], 'int64'), 'rows')
  const large = constant({ dtype: 'float32', shape: [size], data: new Float32Array(size) }, 'large')
  const bias = add(add(doubles, add(whole, bytes)), reduceSum(large))
  const y = layerNormalization(linear(x, weight), half, mul(half, 0), epsilon)
  return add(where(mask, gatherRows(y, rows), mul(half, 10)), bias)
}

/** The model of `everyKindOutput`, with metadata. */
export function everyKind(size = 1200): OnnxModel {
  return lower({ y: everyKindOutput(size) }, { metadata: { 'model.name': 'vit ünï', empty: '' } })
}

/** The output of that model for two rows of three numbers, computed by loops. */
export function values(x: readonly number[]): Plain {
  const scale = [1, 2, 3]
  return fill([2, 3], ([row, column]) => {
    if (column === 2) return 30
    const source = 1 - (row as number)
    const line = scale.map((factor, i) => factor * (x[source * 3 + i] as number))
    const mean = line.reduce((a, b) => a + b, 0) / 3
    const variance = line.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3
    return (
      (((line[column as number] as number) - mean) / Math.sqrt(variance + epsilon)) *
      (scale[column as number] as number)
    )
  })
}
