/** Kind of input of a model. */
export type SampleWord = 'image' | 'clip'

/** `clip` for models with `frames`, else `image`. */
export function sampleWord({ frames }: { readonly frames?: number | undefined }): SampleWord {
  return frames === undefined ? 'image' : 'clip'
}

/** The same for a table of cases, whose runs share their data. */
export function sampleWordOf(
  rows: readonly { readonly runs: readonly { readonly frames?: number }[] }[],
): SampleWord {
  return sampleWord(rows[0]?.runs[0] ?? {})
}
