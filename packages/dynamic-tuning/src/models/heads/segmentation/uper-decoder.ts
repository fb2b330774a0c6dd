import { adaptiveAveragePool, add, concat, resize, type Tensor } from '@dynamic-tuning/engine'
import { convUnit } from '../../../nn/conv-unit.ts'
import type { Weights } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'

/** Cells per side into which pyramid pooling cuts the coarsest map (arXiv:1612.01105). */
const poolScales = [1, 2, 3, 6] as const

/** Maps of UPerNet between the pyramid and the logits. */
export interface UperMaps {
  /** Pooled maps before they are enlarged, [B, M, s, s] for each scale s. */
  readonly pooled: readonly Tensor[]
  /** The coarsest map, [B, M, H, W]. */
  readonly pool: Tensor
  /** Sums from coarse to fine, one for each finer map, the finest first. */
  readonly topDown: readonly Tensor[]
  /** The same after their smoothing convolutions. */
  readonly smooth: readonly Tensor[]
  /** All maps joined at the finest size, [B, M, H, W]. */
  readonly fused: Tensor
}

/** How UPerNet is built. */
export interface UperOptions {
  /** M, features of all its maps. */
  readonly channels: number
  /** True in a training pass: batch norms take the statistics of the batch. */
  readonly training: boolean
}

/**
 * UPerNet (arXiv:1807.10221) without its classifier, under mmsegmentation's names `decode_head`: pyramid
 * pooling of the coarsest map, a feature pyramid from coarse to fine, and a convolution of all levels joined.
 * @param levels maps [B, C, H, W] from the finest to the coarsest, two or more
 */
export function uperMaps(levels: readonly Tensor[], weights: Weights, options: UperOptions): UperMaps {
  const { channels, training } = options
  const unit = (x: Tensor, name: string, kernel: 1 | 3): Tensor =>
    convUnit(x, weights.at(name), channels, { kernel, padding: kernel === 3 ? 1 : 0, training })
  const coarsest = present(levels.at(-1), 'the coarsest map')
  const pooled = poolScales.map((scale, i) =>
    unit(adaptiveAveragePool(coarsest, scale), `psp_modules.${i}.1`, 1),
  )
  const joined = concat([coarsest, ...pooled.map((map) => resizedTo(map, coarsest))], 1)
  const pool = unit(joined, 'bottleneck', 3)
  const laterals = levels.slice(0, -1).map((level, k) => unit(level, `lateral_convs.${k}`, 1))
  const topDown: Tensor[] = []
  for (const lateral of [...laterals].reverse())
    topDown.unshift(add(lateral, resizedTo(topDown[0] ?? pool, lateral)))
  const smooth = topDown.map((map, k) => unit(map, `fpn_convs.${k}`, 3))
  const finest = present(smooth[0], 'the finest map')
  const all = [...smooth, pool].map((map) => resizedTo(map, finest))
  return { pooled, pool, topDown, smooth, fused: unit(concat(all, 1), 'fpn_bottleneck', 3) }
}

/** x enlarged to the rows and columns of `like`, bilinear without aligned corners. */
function resizedTo(x: Tensor, like: Tensor): Tensor {
  return resize(x, [Number(like.shape[2]), Number(like.shape[3])])
}
