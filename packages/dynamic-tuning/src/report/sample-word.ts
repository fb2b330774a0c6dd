/** What a model takes: clips where it has `frames`. */
export type SampleWord = 'image' | 'clip'

/** The word for what a run's model takes. */
export function sampleWord({ frames }: { readonly frames?: number | undefined }): SampleWord {
  return frames === undefined ? 'image' : 'clip'
}

/** The word for a table of cases, whose runs all have the same data. */
export function sampleWordOf(
  rows: readonly { readonly runs: readonly { readonly frames?: number }[] }[],
): SampleWord {
  return sampleWord(rows[0]?.runs[0] ?? {})
}
