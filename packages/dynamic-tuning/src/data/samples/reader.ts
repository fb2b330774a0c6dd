import type { ImageSource } from '../example.ts'
import type { TransformSettings } from '../transforms/transforms.ts'
import { sampleOf } from './registry.ts'
import type { SampleSettings } from './sample.ts'

/** Reads samples one by one, as in evaluation. */
export interface SampleReader {
  /**
   * Returns an image [3, H, W], or the test views of a video [V, 3, T, H, W].
   * @throws DataError naming what cannot be read
   */
  read(source: ImageSource): Promise<Float32Array>
  close(): void
}

/** Creates a reader of samples; a video gives one view unless `views` is set. */
export function sampleReader(settings: SampleSettings, transform: TransformSettings): SampleReader {
  const { views = [1, 1] } = settings
  const maker = sampleOf({ ...settings, views }).maker({ transform, seed: 0, cache: undefined })
  return {
    async read(source) {
      const out = new Float32Array(maker.length)
      await maker.write(source, { epoch: 0, index: 0 }, out, 0)
      return out
    },
    close: () => maker.close(),
  }
}
