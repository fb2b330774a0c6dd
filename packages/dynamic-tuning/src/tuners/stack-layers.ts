import { concat, type Dim, reduceMean, reshape, type Tensor } from '@dynamic-tuning/engine'

/**
 * Joins [B, n] of every gate to [B, D, n], or to [B, n_1 + ... + n_D] if n differs. In memory, both hold the
 * gates of one image one after another.
 */
export function stackLayers(layers: readonly Tensor[]): Tensor {
  const counts = new Set(layers.map(({ shape }) => shape[1]))
  if (counts.size > 1) return concat(layers, 1)
  const parts = layers.map((layer) => {
    const [batch, tokens] = layer.shape as [Dim, number]
    return reshape(layer, [batch, 1, tokens])
  })
  return concat(parts, 1)
}

/** Mean over images and tokens for each gate: D times [B, n] -> [D]. */
export function meanPerGate(layers: readonly Tensor[]): Tensor {
  return concat(
    layers.map((layer) => reshape(reduceMean(layer, { axes: [0, 1], keepDims: true }), [1])),
    0,
  )
}
