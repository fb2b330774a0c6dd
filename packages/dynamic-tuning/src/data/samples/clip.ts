import { ConfigError } from '../../errors.ts'
import { clipReader } from '../sources/read-clip.ts'
import { testFrames } from '../sources/video/sample-frames.ts'
import { type ClipSettings, clipMaker } from './clip-maker.ts'
import { meanOfViews } from './mean-of-views.ts'
import type { Sample, SampleSettings } from './sample.ts'

/** Default number of frames of a clip, as in the paper. */
export const usualFrames = 8
/** Default step between the frames of a dense clip. */
export const usualRate = 16

/** Clips [3, T, H, W] of videos. */
export function clipSample(settings: SampleSettings): Sample {
  const clips = decided(settings)
  const { frames, views: [spatial, temporal] = [1, 1] } = clips
  return {
    word: 'clip',
    views: spatial * temporal,
    usualRows: () => spatial * temporal,
    moving: true,
    prefetch: 4,
    // Videos are too large to keep, and their frames change in every epoch.
    cached: false,
    varies: 'frames of clips may differ from epoch to epoch',
    facts: { frames },
    defaults: { resize: 'crop' },
    complete({ resize }) {
      if (spatial > 1 && resize !== 'crop')
        throw new ConfigError(
          `finetune: ${spatial} spatial views need videos that are cropped, not squashed. Add resize: crop.`,
        )
      const { sampling, rate } = clips
      const dense = sampling === 'dense' && { samplingRate: rate }
      return { frames, sampling, ...dense, views: [spatial, temporal] }
    },
    maker: (making) => clipMaker(clips, making),
    join: (outputs, samples) => meanOfViews(outputs, samples, spatial * temporal),
    async pictures(source, least) {
      const reader = clipReader(least)
      try {
        const clip = await reader.open(source)
        const numbers = testFrames(clip.total, clips, 0, 1)
        const pictures = await clip.read(numbers, 2 * least)
        return pictures.map((picture, t) => ({ picture, number: numbers[t] ?? 0 }))
      } finally {
        reader.close()
      }
    },
  }
}

function decided({ frames = usualFrames, sampling, samplingRate, views }: SampleSettings): ClipSettings {
  const usual = samplingRate === undefined ? 'uniform' : 'dense'
  return { frames, sampling: sampling ?? usual, rate: samplingRate ?? usualRate, views }
}
