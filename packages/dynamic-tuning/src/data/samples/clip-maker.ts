import { random } from '@dynamic-tuning/engine'
import { present } from '../../present.ts'
import type { Pixels } from '../sources/pixels.ts'
import { type Clip, clipReader } from '../sources/read-clip.ts'
import { type FrameSampling, testFrames, trainingFrames } from '../sources/video/sample-frames.ts'
import { createTransform, type SpatialView, type Transform } from '../transforms/transforms.ts'
import type { MakerSettings, SampleMaker } from './sample.ts'

/** How clips are cut from videos. Plain JSON. */
export interface ClipSettings extends FrameSampling {
  /**
   * Number of spatial and temporal test views, 3 x 1 or 1 x 3 in the paper; undefined for one clip from a
   * random position, as in training.
   */
  readonly views?: readonly [spatial: number, temporal: number] | undefined
}

/** A frame and the part of it that is used. */
interface Look {
  readonly frame: number
  readonly view?: SpatialView
}

/**
 * Makes clips [3, T, H, W] of videos, or V test views of each, where the views of the same frames come
 * together. In training the frames are drawn from `random(seed, 'frames', epoch, index)`; all frames of a
 * clip use the same augmentation stream, so they are augmented alike.
 */
export function clipMaker(clips: ClipSettings, { seed, transform: shape }: MakerSettings): SampleMaker {
  const transform = createTransform(shape)
  const reader = clipReader(Math.max(shape.height, shape.width))
  const length = 3 * clips.frames * shape.height * shape.width
  const views = clips.views ? clips.views[0] * clips.views[1] : 1
  return {
    length,
    rows: views,
    async write({ source, truth }, { epoch, index }, reserve) {
      const clip = await reader.open(source)
      const looks = looksAt(clip, clips, { seed, epoch, index })
      const pictures = await readAll(clip, looks, transform)
      const { out, offset } = reserve(views)
      looks.forEach((look, v) => {
        const place = { out, offset: offset + v * length }
        writeClip(look, pictures, transform, { seed, epoch, index }, place)
      })
      return { truth }
    },
    close: () => reader.close(),
  }
}

interface Key {
  readonly seed: number
  readonly epoch: number
  readonly index: number
}

function looksAt({ total }: Clip, clips: ClipSettings, { seed, epoch, index }: Key): Look[][] {
  if (clips.views === undefined)
    return [trainingFrames(total, clips, random(seed, 'frames', epoch, index)).map((frame) => ({ frame }))]
  const [spatial, temporal] = clips.views
  return Array.from({ length: spatial * temporal }, (_, v) => {
    const view = { view: v % spatial, views: spatial }
    return testFrames(total, clips, Math.floor(v / spatial), temporal).map((frame) => ({ frame, view }))
  })
}

/** Reads all the frames needed, each decoded once. */
async function readAll(
  clip: Clip,
  looks: readonly Look[][],
  { enough }: Transform,
): Promise<ReadonlyMap<number, Pixels>> {
  const frames = [...new Set(looks.flat().map(({ frame }) => frame))].sort((a, b) => a - b)
  const pictures = await clip.read(frames, Math.max(enough.height, enough.width))
  return new Map(pictures.map((picture, i) => [frames[i] ?? 0, picture]))
}

function writeClip(
  looks: readonly Look[],
  pictures: ReadonlyMap<number, Pixels>,
  transform: Transform,
  key: Key,
  { out, offset }: { readonly out: Float32Array; readonly offset: number },
): void {
  const { height, width } = transform.settings
  const plane = height * width
  const one = new Float32Array(3 * plane)
  looks.forEach(({ frame, view }, t) => {
    transform.finish(transform.prepare(present(pictures.get(frame), `frame ${frame}`), view), key, one, 0)
    for (let c = 0; c < 3; c++)
      out.set(one.subarray(c * plane, (c + 1) * plane), offset + (c * looks.length + t) * plane)
  })
}
