import { evaluateSize, type Node, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'

/** Multiply-accumulates of one forward pass, as fvcore counts them. */
export interface Cost {
  readonly total: number
  /** By module, in the order of the graph: `patch_embed`, `blocks.0.norm1`, `blocks.0.attn`, ..., `head`. */
  readonly parts: Readonly<Record<string, number>>
  /** By operator: `Gemm` (linear maps, patch embedding too), `MultiHeadAttention`, `MatMul`, `LayerNormalization`. */
  readonly operators: Readonly<Record<string, number>>
}

/**
 * Multiply-accumulates of everything `outputs` reach: matrix products, attention included, plus 5 per element of a layer
 * norm; nothing else counts. `symbols` are the values of open sizes, such as `{ B: 1, K0: 99 }`. For forward graphs: an
 * operator made of others is counted by its own rule alone.
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

/** Symbols in the sizes of a graph, such as `B` and `K0`. */
export function symbolsIn(outputs: readonly Tensor[]): Set<string> {
  const dims = topologicalOrder(outputs).flatMap((node) => node.outputs.flatMap(({ shape }) => shape))
  const words = dims.flatMap((dim) => (typeof dim === 'string' ? dim.split('*') : []))
  return new Set(words.filter((word) => Number.isNaN(Number(word))))
}

/** `blocks.3.attn` for everything inside that attention; the first word outside of layers. */
function moduleOf({ origin = 'other' }: Node): string {
  return /^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?[^.]+/.exec(origin)?.[0] ?? origin
}
