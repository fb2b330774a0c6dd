/** What a model takes: an image, or a clip of a video. */
export type SampleWord = 'image' | 'clip'

/** Which of them settings, a model's sizes or a run's figures are of: clips have `frames`. */
export function sampleWord({ frames }: { readonly frames?: number | undefined }): SampleWord {
  return frames === undefined ? 'image' : 'clip'
}
