import { gelu, maxPool, type Tensor } from '@dynamic-tuning/engine'
import { convTranspose2d } from '../../../nn/conv2d.ts'
import { layerNorm } from '../../../nn/layer-norm.ts'
import type { Weights } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import type { Tapped } from '../../head.ts'
import { mapOf } from './maps.ts'

/** How maps of a backbone become those that UPerNet reads, from the finest to the coarsest. */
export interface Pyramid {
  /** Names of its weights. */
  readonly own: readonly RegExp[]
  /** How much longer a side of the finest map is than the grid of the first layer. */
  readonly enlarged: number
  build(taps: readonly Tapped[], weights: Weights): Tensor[]
}

/**
 * Four maps of one grid g, brought to 4g, 2g, g and g / 2 by transposed convolutions `fpn1.0`, `fpn1.2` and
 * `fpn2.0` (with GELU between the first two), nothing, and the maximum of 2 x 2. As in BEiT
 * (arXiv:2106.08254) without its batch norm, and in the official code of Dynamic Tuning.
 */
export const sameGrid: Pyramid = {
  own: [/^fpn[12]\./],
  enlarged: 4,
  build(taps, weights) {
    const up = (x: Tensor, name: string): Tensor =>
      convTranspose2d(x, weights.at(name), Number(x.shape[1]), { kernel: 2, stride: 2 })
    const raise: readonly ((x: Tensor) => Tensor)[] = [
      (x) => up(gelu(up(x, 'fpn1.0')), 'fpn1.2'),
      (x) => up(x, 'fpn2.0'),
      (x) => x,
      (x) => maxPool(x, { kernel: 2 }),
    ]
    return taps.map((tap, i) => present(raise[i], 'one of four maps')(mapOf(tap)))
  },
}

/**
 * One map of each stage of a backbone whose grid halves from stage to stage, after a LayerNorm of its own
 * (`norm0`, `norm1`, ...), as official Swins with UPerNet have it.
 */
export function stages(epsilon: number): Pyramid {
  return {
    own: [/^norm\d+\./],
    enlarged: 1,
    build: (taps, weights) =>
      taps.map(({ tokens, sizes }, i) =>
        mapOf({ tokens: layerNorm(tokens, weights.at(`norm${i}`), epsilon), sizes }),
      ),
  }
}
