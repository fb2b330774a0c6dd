import { clipLayout } from './clip.ts'
import { imageLayout } from './image.ts'
import type { SampleLayout } from './sample-layout.ts'

/** Settings that decide the samples of a model. */
export interface SampleSettings {
  /** [height, width] in pixels. */
  readonly imageSize: readonly [number, number]
  /** T, frames of a clip; absent for images. */
  readonly frames?: number | undefined
}

/** How the samples of a model enter a graph. @throws ConfigError for an invalid number of frames */
export function layoutOf({ imageSize, frames }: SampleSettings): SampleLayout {
  return typeof frames === 'number' ? clipLayout(frames, imageSize) : imageLayout(imageSize)
}

/** The setting for a model of clips with this many frames; empty for images. */
export function clipSetting(frames: number | undefined): Pick<SampleSettings, 'frames'> {
  return typeof frames === 'number' ? { frames } : {}
}
