import { evaluateSize, type Node, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'

/** Multiply-accumulates of one forward pass, as fvcore counts them. */
export interface Cost {
  readonly total: number
  /** By module, in graph order: `patch_embed`, `blocks.0.norm1`, `blocks.0.attn`, ..., `head`. */
  readonly parts: Readonly<Record<string, number>>
  /**
   * By operator: `Gemm` (linear maps and patch embedding), `MultiHeadAttention`,
   * `MatMul`, `LayerNormalization`.
   */
  readonly operators: Readonly<Record<string, number>>
}

/**
 * Counts the multiply-accumulates of all nodes that `outputs` depend on: matrix products, including
 * attention, plus 5 per element of a layer norm; nothing else counts. `symbols` holds the values of open
 * sizes, such as `{ B: 1, K0: 99 }`. For forward graphs only: a composite operator is counted as a whole.
 * @throws ShapeError for a symbol without a value
 */
export function countCost(outputs: readonly Tensor[], symbols: Readonly<Record<string, number>> = {}): Cost {
  const parts: Record<string, number> = {}
  const operators: Record<string, number> = {}
  let total = 0
  for (const node of topologicalOrder(outputs)) {
    const cost = node.op.cost?.(node.inputs, node.outputs, (shape) => evaluateSize(shape, symbols)) ?? 0
    if (cost === 0) continue
    const part = moduleOf(node)
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

/**
 * Module of a node: `blocks.3.attn` for everything in that attention; outside of
 * layers the first part of the name.
 */
function moduleOf({ origin = 'other' }: Node): string {
  return /^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?[^.]+/.exec(origin)?.[0] ?? origin
}
