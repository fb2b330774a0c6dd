import type { Random } from '@dynamic-tuning/engine'
import { roundHalfEven } from '../../round-half-even.ts'

/** See `FrameSampling.sampling`. */
export const samplings = ['uniform', 'dense'] as const

/** How the frames of a clip are chosen from a video. Plain JSON. */
export interface FrameSampling {
  /** T, number of frames of a clip. */
  readonly frames: number
  /**
   * `dense`: every `rate`-th frame from some start (Kinetics). `uniform`: one frame from each of T
   * parts of equal length (Something-Something).
   */
  readonly sampling: (typeof samplings)[number]
  /** Step between the frames of a dense clip. */
  readonly rate: number
}

/**
 * Chooses the frames of a training clip from `total` >= 1 frames: T numbers, ascending, with repetitions if
 * the video is short. Dense clips start at a random position; uniform ones take a random frame of each part,
 * as in TSN (arXiv:1608.00859). Source: the official implementation of Dynamic Tuning.
 */
export function trainingFrames(total: number, sampling: FrameSampling, draw: Random): number[] {
  if (sampling.sampling === 'uniform')
    return parts(total, sampling.frames).map(([first, last]) => first + draw.integer(last - first + 1))
  const { frames, rate } = sampling
  const room = slack(total, sampling)
  // A short video repeats the last multiple of the rate in training, and its last frame in testing.
  const last = room === 0 ? Math.floor((total - 1) / rate) * rate : total - 1
  return steps(frames, rate, draw.integer(room + 1), last)
}

/**
 * The frames of view `view` of `views` temporal test views. Dense clips start at equally spaced positions
 * from the first possible one to the last (in the middle if there is one view), and repeat the last frame
 * of a short video. Uniform ones take the middle of every part, or with several views position
 * (view + 1/2) / views. Source: the official implementation, which has uniform clips with one view only.
 */
export function testFrames(total: number, sampling: FrameSampling, view: number, views: number): number[] {
  const { sampling: kind, frames, rate } = sampling
  if (kind === 'uniform')
    return parts(total, frames).map(([first, last]) =>
      Math.floor(first + ((last - first) * (view + 0.5)) / views),
    )
  const room = slack(total, sampling)
  const start = views === 1 ? Math.floor(room / 2) : roundHalfEven((room / (views - 1)) * view)
  return steps(frames, rate, start, total - 1)
}

/** Number of possible starts of a dense clip besides the first; 0 if the video is no longer than the clip. */
function slack(total: number, { frames, rate }: FrameSampling): number {
  return Math.max(0, total - ((frames - 1) * rate + 1))
}

/** Every `rate`-th frame from `start`, then `last` again and again. */
function steps(frames: number, rate: number, start: number, last: number): number[] {
  return Array.from({ length: frames }, (_, i) => Math.min(last, start + i * rate))
}

/** The first and last frame of T parts of equal length; neighbours share the frame between them. */
function parts(total: number, frames: number): [first: number, last: number][] {
  const length = (total - 1) / frames
  const edge = (i: number): number => roundHalfEven(length * i)
  return Array.from({ length: frames }, (_, i) => [edge(i), edge(i + 1)])
}
