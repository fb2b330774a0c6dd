import { clipLayout } from './clip.ts'
import { imageLayout } from './image.ts'
import type { SampleLayout } from './sample-layout.ts'

/** What decides the samples of a model. */
export interface SampleSettings {
  /** [height, width] in pixels. */
  readonly imageSize: readonly [number, number]
  /** T, frames of a clip; images where absent. */
  readonly frames?: number | undefined
}

/** How the samples of a model enter a graph. @throws ConfigError for a number of frames that is none */
export function layoutOf({ imageSize, frames }: SampleSettings): SampleLayout {
  return typeof frames === 'number' ? clipLayout(frames, imageSize) : imageLayout(imageSize)
}

/** The setting of a model that takes clips of so many frames; none for images. */
export function clipSetting(frames: number | undefined): Pick<SampleSettings, 'frames'> {
  return typeof frames === 'number' ? { frames } : {}
}
