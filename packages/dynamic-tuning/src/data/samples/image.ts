import type { ImageSource } from '../example.ts'
import { imageReader } from '../sources/read-image.ts'
import { createTransform } from '../transforms/transforms.ts'
import { pixelCache } from './pixel-cache.ts'
import type { MakerSettings, Sample, SampleMaker } from './sample.ts'

/** Images [3, H, W]. */
export const imageSample: Sample = {
  word: 'image',
  views: 1,
  usualRows: () => 1,
  moving: false,
  prefetch: 4,
  cached: true,
  varies: undefined,
  facts: {},
  defaults: {},
  complete: () => ({}),
  maker: imageMaker,
  join: (outputs) => outputs,
  async pictures(source, least) {
    const reader = imageReader(least)
    try {
      const picture = await reader.read(source, { width: 2 * least, height: 2 * least })
      return [{ picture, number: 0 }]
    } finally {
      reader.close()
    }
  },
}

function imageMaker({ transform: settings, seed, cache: memory }: MakerSettings): SampleMaker {
  const transform = createTransform(settings)
  const cache = memory && pixelCache(memory)
  const reader = imageReader(Math.max(settings.height, settings.width))

  async function load(source: ImageSource, index: number) {
    const image = transform.prepare(await reader.read(source, transform.enough))
    cache?.put(index, image)
    return image
  }
  return {
    length: 3 * settings.height * settings.width,
    rows: 1,
    async write({ source, truth }, { epoch, index }, reserve) {
      const image = cache?.get(index) ?? (await load(source, index))
      const { out, offset } = reserve(1)
      transform.finish(image, { seed, epoch, index }, out, offset)
      return { truth }
    },
    close: () => reader.close(),
  }
}
