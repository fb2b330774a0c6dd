import { concat, type Dim, reshape, type Tensor } from '@dynamic-tuning/engine'

/** [B, n] of every gate to [B, D, n]. */
export function stackLayers(layers: readonly Tensor[]): Tensor {
  const parts = layers.map((layer) => {
    const [batch, tokens] = layer.shape as [Dim, number]
    return reshape(layer, [batch, 1, tokens])
  })
  return concat(parts, 1)
}
