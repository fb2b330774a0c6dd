import type { ImageSource } from '../data/example.ts'
import { clipInput } from '../data/samples/clip.ts'
import type { Pixels } from '../data/sources/pixels.ts'
import { clipReader } from '../data/sources/read-clip.ts'
import { imageReader } from '../data/sources/read-image.ts'
import { testFrames } from '../data/sources/video/sample-frames.ts'
import { createTransform, toInput } from '../data/transforms/transforms.ts'
import { type ClipRunSettings, clipsOf } from './settings/clip-settings.ts'
import type { TunedModel } from './tuned-run.ts'

/** Reads what a model looks at: images, or videos. */
export interface SampleReader {
  /** [3, H, W], or of a video [V, 3, T, H, W]. @throws DataError naming what cannot be read */
  read(source: ImageSource): Promise<Float32Array>
  close(): void
}

/** A reader for a model, with so many views of every video. */
export function sampleReader(
  { settings, transform, config }: TunedModel,
  views: ClipRunSettings['views'] = [1, 1],
): SampleReader {
  const clips = clipsOf(settings)
  if (clips) {
    const wanted = { clips: { ...clips, views }, transform }
    return { read: (source) => clipInput(source, wanted), close: () => {} }
  }
  const reader = imageReader(Math.max(...config.imageSize))
  const { enough } = createTransform(transform)
  return {
    read: async (source) => toInput(await reader.read(source, enough), transform),
    close: () => reader.close(),
  }
}

/** The frames of a video that one view looks at, with their numbers, no smaller than `least` pixels unless the video is. */
export async function readFrames(
  { settings }: TunedModel,
  source: ImageSource,
  least: number,
): Promise<{ readonly picture: Pixels; readonly number: number }[]> {
  const clips = clipsOf(settings)
  if (clips === undefined) return []
  const reader = clipReader(least)
  try {
    const clip = await reader.open(source, clips.frames)
    const numbers = testFrames(clip.total, clips, 0, 1)
    const pictures = await clip.read(numbers, 2 * least)
    return numbers.map((number, t) => ({ number, picture: pictures[t] as Pixels }))
  } finally {
    reader.close()
  }
}
