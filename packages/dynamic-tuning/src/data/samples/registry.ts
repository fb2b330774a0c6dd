import { clipSample } from './clip.ts'
import { imageSample } from './image.ts'
import type { Sample, SampleSettings } from './sample.ts'
import { windowSample } from './window/sample.ts'
import { type SampleKind, sampleKind } from './word.ts'

/** The kinds of samples. */
const samples: { readonly [Kind in SampleKind]: (settings: SampleSettings) => Sample } = {
  image: () => imageSample,
  clip: clipSample,
  windows: windowSample,
}

/** The kind of sample that a run, a model or a loader uses, with its settings. */
export function sampleOf(settings: SampleSettings): Sample {
  return samples[sampleKind(settings)](settings)
}
