import { type Random, random, type TensorData } from '@dynamic-tuning/engine'
import { floatData } from './float-data.ts'
import type { StepBatch } from './step-feeds.ts'

/**
 * How pairs of images in a batch are mixed; 0 disables a kind. If both are set, each pair
 * uses one of them at random.
 */
export interface MixingSettings {
  /** alpha of mixup (arXiv:1710.09412): both images are blended with lambda ~ Beta(alpha, alpha). */
  readonly mixup: number
  /**
   * alpha of CutMix (arXiv:1905.04899): a box covering 1 - lambda of the area is copied from the other image.
   */
  readonly cutmix: number
}

/**
 * Mixes each image with another one of the batch, and its targets by the same shares.
 * images: [B, 3, `height`, `width`]. Depends only on batch, seed and step.
 * @throws DTypeError for targets that are not float32
 */
export function mixImages(
  batch: StepBatch,
  { mixup, cutmix }: MixingSettings,
  { height, width, seed, step }: { height: number; width: number; seed: number; step: number },
): StepBatch {
  if (mixup === 0 && cutmix === 0) return batch
  const draw = random(seed, 'mixing', step)
  const others = draw.shuffle(Int32Array.from({ length: batch.size }, (_, i) => i))
  const images = Float32Array.from(batch.images)
  const pixels = images.length / batch.size
  const shares = new Float64Array(batch.size)
  for (const [image, other] of others.entries()) {
    const [mine, theirs] = [image * pixels, other * pixels]
    const cuts = cutmix > 0 && (mixup === 0 || draw.uniform() < 0.5)
    let share = beta(cuts ? cutmix : mixup, draw)
    if (cuts) {
      const box = boxOf(1 - share, height, width, draw)
      share = 1 - (box.rows * box.columns) / (height * width)
      for (let channel = 0; channel < pixels / (height * width); channel++)
        for (let row = box.top; row < box.top + box.rows; row++) {
          const at = (channel * height + row) * width + box.left
          images.set(batch.images.subarray(theirs + at, theirs + at + box.columns), mine + at)
        }
    } else mix(images.subarray(mine, mine + pixels), batch.images.subarray(theirs, theirs + pixels), share)
    shares[image] = share
  }
  const targets = Object.entries(batch.targets).map(([name, target]) => [
    name,
    mixRows(target, others, shares, name),
  ])
  return { ...batch, images, targets: Object.fromEntries(targets) }
}

/** Mixes each row of a target [B, ...] with the row of its partner, by shares [B]. */
function mixRows(
  target: TensorData,
  others: Int32Array,
  shares: Float64Array,
  name: string,
): TensorData<'float32'> {
  const before = floatData(target, name)
  const data = Float32Array.from(before)
  const width = data.length / others.length
  const row = (values: Float32Array, i: number): Float32Array => values.subarray(i * width, (i + 1) * width)
  for (const [i, other] of others.entries()) mix(row(data, i), row(before, other), shares[i] ?? 1)
  return { dtype: 'float32', shape: target.shape, data }
}

/** values = share values + (1 - share) others. */
function mix(values: Float32Array, others: Float32Array, share: number): void {
  for (let i = 0; i < values.length; i++)
    values[i] = share * (values[i] as number) + (1 - share) * (others[i] as number)
}

/**
 * A box of about the given share of the area with the image's aspect ratio, centred
 * anywhere and cut off at the edges.
 */
function boxOf(share: number, height: number, width: number, draw: Random) {
  const span = (size: number): [number, number] => {
    const half = (size * Math.sqrt(share)) / 2
    const centre = draw.integer(size)
    return [Math.max(0, Math.round(centre - half)), Math.min(size, Math.round(centre + half))]
  }
  const [[top, bottom], [left, right]] = [span(height), span(width)]
  return { top, left, rows: bottom - top, columns: right - left }
}

/** A sample of Beta(alpha, alpha) by Johnk's method; in logarithms, since small alphas underflow. */
function beta(alpha: number, draw: Random): number {
  for (;;) {
    const x = Math.log(1 - draw.uniform()) / alpha
    const y = Math.log(1 - draw.uniform()) / alpha
    const most = Math.max(x, y)
    const sum = most + Math.log(Math.exp(x - most) + Math.exp(y - most))
    if (sum <= 0) return Math.exp(x - sum)
  }
}
