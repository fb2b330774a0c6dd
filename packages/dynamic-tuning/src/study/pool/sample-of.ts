import { type SampleWord, sampleWord } from '../../data/samples/word.ts'

/** What the models of some cases take: their runs all have the same data. */
export function sampleWordOf(
  cases: readonly { readonly runs: readonly { readonly frames?: number }[] }[],
): SampleWord {
  return sampleWord(cases[0]?.runs[0] ?? {})
}
