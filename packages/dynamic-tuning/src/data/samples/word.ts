/** A model's input: an image, or a clip of a video. */
export type SampleWord = 'image' | 'clip'

/** The kind of sample of settings, a model's sizes or a run's figures: clips have `frames`. */
export function sampleWord({ frames }: { readonly frames?: number | undefined }): SampleWord {
  return frames === undefined ? 'image' : 'clip'
}

/** How a model's input is made from an example. */
export type SampleKind = SampleWord | 'windows'

/** The kind of sample of settings: those of windows have `windows`, clips have `frames`. */
export function sampleKind(settings: {
  readonly frames?: number | undefined
  readonly windows?: string | undefined
}): SampleKind {
  return settings.windows === undefined ? sampleWord(settings) : 'windows'
}
