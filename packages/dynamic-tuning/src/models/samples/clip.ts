import { dims, multiplyDims, reshape, transpose } from '@dynamic-tuning/engine'
import { ConfigError } from '../../errors.ts'
import type { SampleLayout } from './sample-layout.ts'

/**
 * Clips of T frames, [3, T, H, W]. The backbone sees every frame as an image, row = clip * T + frame.
 * @throws ConfigError for an invalid number of frames
 */
export function clipLayout(frames: number, imageSize: readonly [number, number]): SampleLayout {
  if (!Number.isInteger(frames) || frames < 1)
    throw new ConfigError(
      `model: clips of ${frames} frames. Give a whole number from 1, or leave frames out.`,
    )
  return {
    word: 'clip',
    shape: [3, frames, ...imageSize],
    images: frames,
    toImages(clips) {
      const [batch, channels, count, height, width] = dims(clips, 'B C T H W', 'clips')
      const rows = multiplyDims(batch, count)
      return reshape(transpose(clips, [0, 2, 1, 3, 4]), [rows, channels, height, width])
    },
  }
}
