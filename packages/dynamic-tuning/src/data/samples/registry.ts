import { clipSample } from './clip.ts'
import { imageSample } from './image.ts'
import type { Sample, SampleSettings } from './sample.ts'
import { type SampleWord, sampleWord } from './word.ts'

/** The kinds of samples. */
const samples: { readonly [Word in SampleWord]: (settings: SampleSettings) => Sample } = {
  image: () => imageSample,
  clip: clipSample,
}

/** The kind of sample that a run, a model or a loader uses, with its settings. */
export function sampleOf(settings: SampleSettings): Sample {
  return samples[sampleWord(settings)](settings)
}
