import { concat, type Dim, reshape, type Tensor } from '@dynamic-tuning/engine'

/** [B, N] of every layer to [B, L, N]. */
export function stackLayers(layers: readonly Tensor[]): Tensor {
  const parts = layers.map((layer) => {
    const [batch, tokens] = layer.shape as [Dim, number]
    return reshape(layer, [batch, 1, tokens])
  })
  return concat(parts, 1)
}
