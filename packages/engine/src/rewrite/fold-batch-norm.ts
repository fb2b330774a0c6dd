import type { TensorData } from '../graph/dtype.ts'
import { onDemand } from '../graph/on-demand.ts'
import { apply, constant, constantOp, isNodeOf, type Node, type Tensor, weightName } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { batchNormalizationOp } from '../ops/batch-normalization.ts'
import { convOp } from '../ops/conv.ts'
import { mapOutputs, type Outputs, outputsFrom, Replacements } from './rebuild.ts'

/**
 * The same outputs with each batch norm folded into the convolution before it, where its statistics and all
 * weights are float32 constants and nothing else reads the convolution: weight' = s weight and
 * bias' = s (bias - mean) + shift, with s = scale / sqrt(variance + epsilon) for each channel. A folded
 * weight keeps its name; it is computed when it is read, and not kept. Values change by rounding at most.
 * Count costs before, as published figures include batch norms.
 */
export function foldBatchNorm<T extends Outputs>(outputs: T): T {
  const order = topologicalOrder(Object.values(outputs))
  if (!order.some((node) => isNodeOf(node, batchNormalizationOp))) return outputs
  const readers = countReaders(order, Object.values(outputs))
  const made = new Replacements()
  for (const node of order) {
    const folded = foldedConv(node, { readers, made })
    made.set(
      node,
      folded ??
        outputsFrom(
          node,
          node.inputs.map((input) => made.get(input)),
        ),
    )
  }
  return mapOutputs(outputs, (tensor) => made.get(tensor))
}

/** How often nodes or outputs of the graph use each tensor. */
function countReaders(order: readonly Node[], outputs: readonly Tensor[]): ReadonlyMap<Tensor, number> {
  const counts = new Map<Tensor, number>()
  for (const tensor of [...order.flatMap(({ inputs }) => inputs), ...outputs])
    counts.set(tensor, (counts.get(tensor) ?? 0) + 1)
  return counts
}

interface Folding {
  readonly readers: ReadonlyMap<Tensor, number>
  readonly made: Replacements
}

/** The outputs of a convolution that does the work of a batch norm too; undefined where none can. */
function foldedConv(node: Node, { readers, made }: Folding): readonly Tensor[] | undefined {
  if (!isNodeOf(node, batchNormalizationOp)) return undefined
  const [y, ...lists] = node.inputs
  const before: Node = y.node
  if (!isNodeOf(before, convOp) || readers.get(y) !== 1) return undefined
  const [x, kernel, ...bias] = before.inputs
  const constants = [kernel, ...bias, ...lists].map(constantIn)
  if (!constants.every((value) => value?.dtype === 'float32')) return undefined
  const [weights, ...others] = constants
  const [scale, shift, mean, variance, added] = [...others.slice(-4), ...others.slice(0, -4)].map(valuesIn)
  const epsilon = Math.fround(node.attributes.epsilon)
  const channels = [...Array(y.shape[1]).keys()]
  const factors = channels.map((o) => at(scale, o) / Math.sqrt(at(variance, o) + epsilon))
  const sums = factors.map((factor, o) => factor * (at(added, o) - at(mean, o)) + at(shift, o))
  const list = constant({ dtype: 'float32', shape: [sums.length], data: Float32Array.from(sums) })
  const scaled = constant(
    onDemand('float32', kernel.shape.map(Number), () => scaledRows(valuesIn(weights), factors)),
    weightName(kernel.node),
  )
  return apply(convOp, [made.get(x), scaled, list], before.attributes)
}

/** The value of a constant, else undefined; values on demand are not read. */
function constantIn({ node }: Tensor): TensorData | undefined {
  return isNodeOf(node, constantOp) ? node.attributes.data : undefined
}

const valuesIn = (value: TensorData | undefined): TensorData['data'] | undefined => value?.data

/** A value of a list, 0 if there is no list. */
const at = (list: TensorData['data'] | undefined, i: number): number => Number(list?.[i] ?? 0)

/** A kernel [O, ...] times one factor for each output. */
function scaledRows(kernel: TensorData['data'] | undefined, factors: readonly number[]): Float32Array {
  const size = kernel?.length ?? 0
  const each = size / factors.length
  return Float32Array.from({ length: size }, (_, i) => at(kernel, i) * Number(factors[Math.floor(i / each)]))
}
