import {
  constant,
  gatherRows,
  mul,
  reshape,
  roiAlign,
  scatterRows,
  slice,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import type { Boxes } from './anchors.ts'
import { type LevelRule, levelsOf } from './region-levels.ts'

/** A level of a pyramid: its map [B, C, H, W] and pixels of the image per pixel of it. */
export interface PyramidLevel {
  readonly map: Tensor
  readonly stride: number
}

/** Regions of a batch and the level that reads each. */
export interface Regions<T> {
  /** [R, 4] as left, top, right and bottom. */
  readonly boxes: T
  /** The image of each: int64 [R]. */
  readonly images: T
  /** For each level the numbers of the regions that it reads: int64 [R', 1]. */
  readonly rows: readonly T[]
}

/**
 * Pools regions from the levels of a pyramid, each from its own level. `bins` is P: 7 for boxes, 14 for
 * masks; `samples` as in `roiAlign`. -> [R, C, P, P].
 */
export function poolRegions(
  levels: readonly PyramidLevel[],
  { boxes, images, rows }: Regions<Tensor>,
  { bins, samples = 0 }: { readonly bins: number; readonly samples?: number },
): Tensor {
  const [regions = 0] = boxes.shape
  const channels = Number(levels[0]?.map.shape[1])
  const size = channels * bins * bins
  const zeros = constant({
    dtype: 'float32',
    shape: [1, channels, bins, bins],
    data: new Float32Array(size),
  })
  const empty = mul(reshape(slice(boxes, 1, 0, 1), [regions, 1, 1, 1]), zeros)
  return levels.reduce((pooled, { map, stride }, level) => {
    const { [level]: own } = rows
    if (own === undefined) return pooled
    const options = { bins, samples, scale: 1 / stride }
    const read = roiAlign(map, { boxes: gatherRows(boxes, own), images: gatherRows(images, own) }, options)
    return scatterRows(pooled, own, read)
  }, empty)
}

/** Values of `Regions` for the boxes of each image of a batch, images one after the other. */
export function regionData(boxes: readonly Boxes[], rule: LevelRule): Regions<TensorData> {
  const all = Float32Array.from(boxes.flatMap((each) => [...each]))
  const images = boxes.flatMap((each, image) => new Array<number>(each.length / 4).fill(image))
  const found = levelsOf(all, rule)
  const whole = (values: readonly number[], width: readonly number[] = []): TensorData => ({
    dtype: 'int64',
    shape: [values.length, ...width],
    data: BigInt64Array.from(values, BigInt),
  })
  const levels = Array.from({ length: rule.levels[1] - rule.levels[0] + 1 }, (_, level) => level)
  return {
    boxes: { dtype: 'float32', shape: [images.length, 4], data: all },
    images: whole(images),
    rows: levels.map((level) =>
      whole(
        Array.from(found.keys()).filter((i) => found[i] === level),
        [1],
      ),
    ),
  }
}
