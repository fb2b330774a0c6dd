import { rowsOf, type WindowPart, type WindowPlace } from './place.ts'
import { type Planes, resizePlanes } from './planes.ts'
import { channelStitcher, type WindowLogits } from './stitch.ts'

/** Scores of classes at the pixels of a picture, whose softmax over the classes is their probability. */
export interface PixelScores {
  readonly width: number
  readonly height: number
  /** K, number of classes. */
  readonly classes: number
  /** The score of a class at every pixel, row by row; found anew with every call. */
  of(channel: number): Float32Array
}

/**
 * Scores of a picture at its original size from the logits of its windows. Class by class, as those of all
 * classes may take gigabytes. A picture at one scale has its stitched logits, resized. For several scales
 * or mirrored pictures the probabilities are averaged, as in mmsegmentation, and scores are their logarithms.
 * @param first row of the picture's first window
 */
export function pixelScores(logits: WindowLogits, first: number, place: WindowPlace): PixelScores {
  const [, classes = 0] = logits.shape
  const starts = place.parts.map((_, i) => first + rowsOf({ parts: place.parts.slice(0, i) }))
  const channels = place.parts.map((part, i) => ofPart(logits, starts[i] ?? first, part, place))
  const { width, height } = place.original
  const [only, ...others] = channels
  if (only === undefined || others.length === 0) return { width, height, classes, of: only ?? nothing }
  const sums = channels.map((of) => logSumOf({ classes, of }))
  return { width, height, classes, of: (channel) => meanOf(channels, sums, channel) }
}

type ChannelsOf = PixelScores['of']

const nothing = (): Float32Array => new Float32Array()

/** Logits of one scale at the original size, turned back if the picture was mirrored. */
function ofPart(
  logits: WindowLogits,
  first: number,
  part: WindowPart,
  { original, window }: Pick<WindowPlace, 'original' | 'window'>,
): ChannelsOf {
  const stitch = channelStitcher(logits, { first, part, window })
  return (channel) => {
    const whole = resizePlanes(stitch(channel), original)
    return part.mirrored ? mirrored(whole) : whole.data
  }
}

function mirrored({ width, height, data }: Planes): Float32Array {
  const turned = new Float32Array(data.length)
  for (let y = 0; y < height; y++)
    turned.set(data.subarray(y * width, (y + 1) * width).toReversed(), y * width)
  return turned
}

/** ln sum over classes of e^score, at every pixel. */
export function logSumOf({ classes, of }: Pick<PixelScores, 'classes' | 'of'>): Float64Array {
  const largest = Float64Array.from(of(0))
  const sum = new Float64Array(largest.length).fill(1)
  for (let channel = 1; channel < classes; channel++) {
    const scores = of(channel)
    for (let at = 0; at < sum.length; at++) {
      const [score, before] = [scores[at] ?? 0, largest[at] ?? 0]
      if (score > before) {
        sum[at] = (sum[at] ?? 0) * Math.exp(before - score) + 1
        largest[at] = score
      } else sum[at] = (sum[at] ?? 0) + Math.exp(score - before)
    }
  }
  for (let at = 0; at < sum.length; at++) sum[at] = Math.log(sum[at] ?? 1) + (largest[at] ?? 0)
  return sum
}

/** ln of the mean probability of a class over parts, from their logits and the logarithms of their sums. */
function meanOf(parts: readonly ChannelsOf[], sums: readonly Float64Array[], channel: number): Float32Array {
  const mean = new Float32Array(sums[0]?.length ?? 0)
  for (const [i, of] of parts.entries()) {
    const [logits, sum] = [of(channel), sums[i]]
    for (let at = 0; at < mean.length; at++)
      mean[at] = (mean[at] ?? 0) + Math.exp((logits[at] ?? 0) - (sum?.[at] ?? 0)) / parts.length
  }
  return mean.map(Math.log)
}
