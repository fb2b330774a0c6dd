import type { Random } from '@dynamic-tuning/engine'
import { DataError } from '../../../errors.ts'

/** See `FrameSampling.sampling`. */
export const samplings = ['uniform', 'dense'] as const

/** How the frames of a clip are chosen from a video. Plain JSON. */
export interface FrameSampling {
  /** T, number of frames of a clip. */
  readonly frames: number
  /**
   * `dense`: every `rate`-th frame from some start (Kinetics). `uniform`: one frame from each of T
   * equal parts (Something-Something).
   */
  readonly sampling: (typeof samplings)[number]
  /** Step between the frames of a dense clip. */
  readonly rate: number
}

/**
 * Chooses the frames of a training clip from `total`: T numbers, ascending. Dense clips start at a random
 * position; uniform ones take a random frame of each part, as in TSN (arXiv:1608.00859). Part i is
 * [floor(i total / T), floor((i + 1) total / T)).
 * @throws DataError if the video has fewer frames than the clip
 */
export function trainingFrames(total: number, sampling: FrameSampling, draw: Random): number[] {
  checkLength(total, sampling)
  if (sampling.sampling === 'uniform')
    return parts(total, sampling.frames).map(([start, end]) => start + draw.integer(end - start))
  return denseFrames(total, sampling, draw.integer(slack(total, sampling) + 1))
}

/**
 * The frames of view `view` of `views` temporal test views. Dense clips start at equally spaced positions
 * from the first possible one to the last (in the middle if there is one view); uniform ones take position
 * (view + 1/2) / views of every part.
 * @throws DataError if the video has fewer frames than the clip
 */
export function testFrames(total: number, sampling: FrameSampling, view: number, views: number): number[] {
  checkLength(total, sampling)
  const { sampling: kind, frames } = sampling
  if (kind === 'uniform')
    return parts(total, frames).map(([start, end]) =>
      Math.floor(start + ((end - start) * (view + 0.5)) / views),
    )
  const room = slack(total, sampling)
  return denseFrames(
    total,
    sampling,
    views === 1 ? Math.floor(room / 2) : Math.round((room * view) / (views - 1)),
  )
}

/** Number of possible starts of a dense clip besides the first; 0 if the video is no longer than the clip. */
function slack(total: number, { frames, rate }: FrameSampling): number {
  return Math.max(0, total - ((frames - 1) * rate + 1))
}

/** Every `rate`-th frame from `start`; after the end of the video its last frame is repeated. */
function denseFrames(total: number, { frames, rate }: FrameSampling, start: number): number[] {
  return Array.from({ length: frames }, (_, i) => Math.min(total - 1, start + i * rate))
}

function parts(total: number, frames: number): [number, number][] {
  const edge = (i: number): number => Math.floor((i * total) / frames)
  return Array.from({ length: frames }, (_, i) => [edge(i), edge(i + 1)])
}

function checkLength(total: number, { frames }: FrameSampling): void {
  if (total < frames)
    throw new DataError(`it has ${total} frames, fewer than the ${frames} of a clip. Ask for fewer frames`)
}
