import type { ImageSource } from '../example.ts'
import type { TransformSettings } from '../transforms/transforms.ts'
import { sampleOf } from './registry.ts'
import type { SampleSettings } from './sample.ts'
import type { WindowPlace } from './window/place.ts'

/** The input of a model for one example. */
export interface ReadSample {
  /** An image [1, 3, H, W], the test views of a video [V, 3, T, H, W], or windows [R, 3, H, W]. */
  readonly images: Float32Array<ArrayBuffer>
  /** 1, V or R. */
  readonly rows: number
  /** Where windows lie. */
  readonly place?: WindowPlace
  /** The truth as answers are compared with it: a mask has been read. */
  readonly truth: unknown
}

/** Reads samples one by one, as in evaluation. */
export interface SampleReader {
  /** `stored` is the example's truth, if it is known. @throws DataError naming what cannot be read */
  sample(source: ImageSource, stored?: unknown): Promise<ReadSample>
  /**
   * Returns an image [3, H, W], the test views of a video [V, 3, T, H, W], or windows [R, 3, H, W].
   * @throws DataError naming what cannot be read
   */
  read(source: ImageSource): Promise<Float32Array>
  close(): void
}

/** Creates a reader of samples; a video gives one view unless `views` is set. */
export function sampleReader(settings: SampleSettings, transform: TransformSettings): SampleReader {
  const { views = [1, 1] } = settings
  const maker = sampleOf({ ...settings, views }).maker({ transform, seed: 0, cache: undefined })
  async function sample(source: ImageSource, stored?: unknown): Promise<ReadSample> {
    let images = new Float32Array()
    const reserve = (rows: number) => {
      images = new Float32Array(rows * maker.length)
      return { out: images, offset: 0 }
    }
    const { place, truth } = await maker.write({ source, truth: stored }, { epoch: 0, index: 0 }, reserve)
    return { images, rows: images.length / maker.length, truth, ...(place && { place }) }
  }
  return {
    sample,
    read: async (source) => (await sample(source)).images,
    close: () => maker.close(),
  }
}
