import { evaluateSize, type Node, type Tensor, topologicalOrder, weightName } from '@dynamic-tuning/engine'

/** Multiply-accumulates of one forward pass, as fvcore counts them. */
export interface Cost {
  readonly total: number
  /**
   * By module, in graph order: `patch_embed`, `blocks.0.norm1`, `blocks.0.attn`, ..., `head`; those of a head
   * that labels pixels apart, as `decode_head.fpn_convs`.
   */
  readonly parts: Readonly<Record<string, number>>
  /**
   * By operator: `Gemm` (linear maps and patch embedding), `MultiHeadAttention`,
   * `MatMul`, `LayerNormalization`.
   */
  readonly operators: Readonly<Record<string, number>>
}

/**
 * Counts the multiply-accumulates of all nodes that `outputs` depend on: convolutions and matrix products,
 * including attention, plus 5 per element of a layer norm, 2 of a batch norm (also where inference folds it
 * into a convolution), 4 per output of a bilinear resize and 1 per input of an adaptive pooling; nothing else
 * counts. `symbols` holds the values of open
 * sizes, such as `{ B: 1, K0: 99 }`. For forward graphs only: a composite operator is counted as a whole.
 * @throws ShapeError for a symbol without a value
 */
export function countCost(outputs: readonly Tensor[], symbols: Readonly<Record<string, number>> = {}): Cost {
  const parts: Record<string, number> = {}
  const operators: Record<string, number> = {}
  let total = 0
  const nodes = topologicalOrder(outputs)
  const readers = readersIn(nodes)
  for (const node of nodes) {
    const cost = node.op.cost?.(node.inputs, node.outputs, (shape) => evaluateSize(shape, symbols)) ?? 0
    if (cost === 0) continue
    const part = moduleOf(node, readers)
    parts[part] = (parts[part] ?? 0) + cost
    operators[node.op.name] = (operators[node.op.name] ?? 0) + cost
    total += cost
  }
  return { total, parts, operators }
}

/** Names of the open sizes in a graph, such as `B` and `K0`. */
export function symbolsIn(outputs: readonly Tensor[]): Set<string> {
  const dims = topologicalOrder(outputs).flatMap((node) => node.outputs.flatMap(({ shape }) => shape))
  const words = dims.flatMap((dim) => (typeof dim === 'string' ? dim.split('*') : []))
  return new Set(words.filter((word) => Number.isNaN(Number(word))))
}

const inLayer = /^(?:layers\.\d+\.)?(?:blocks\.\d+\.)/
const modules = /^(?:decode_head\.|(?:layers\.\d+\.)?(?:blocks\.\d+\.)?)[^.]+/

/**
 * Module of a node: `blocks.3.attn` for everything in that attention; outside of layers the first part of the
 * name. What has no weights outside of layers, such as a pooling of the backbone's output, belongs to the
 * module that reads it.
 */
function moduleOf(node: Node, readers: ReadonlyMap<Node, Node>): string {
  let place: Node | undefined = node
  while (place && !hasWeights(place) && !inLayer.test(place.origin ?? '')) place = readers.get(place)
  const { origin = 'other' } = place ?? node
  return modules.exec(origin)?.[0] ?? origin
}

function hasWeights({ inputs }: Node): boolean {
  return inputs.some(({ node }) => weightName(node) !== undefined)
}

/** For each node, the first that reads one of its outputs. */
function readersIn(nodes: readonly Node[]): ReadonlyMap<Node, Node> {
  const readers = new Map<Node, Node>()
  for (const reader of nodes)
    for (const { node } of reader.inputs) if (!readers.has(node)) readers.set(node, reader)
  return readers
}
