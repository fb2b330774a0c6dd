/** A model's input: an image, or a clip of a video. */
export type SampleWord = 'image' | 'clip'

/** The kind of sample of settings, a model's sizes or a run's figures: clips have `frames`. */
export function sampleWord({ frames }: { readonly frames?: number | undefined }): SampleWord {
  return frames === undefined ? 'image' : 'clip'
}
