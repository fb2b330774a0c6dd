import { smallTestNote } from '../../report/small-test.ts'
import { sampleWordOf } from './sample-of.ts'
import { scoreOf } from './score.ts'
import { studyMeasure } from './study-measure.ts'
import type { CaseRow } from './summarize-cases.ts'

/** A note on a small test set of a study, with the interval of the first case; none for a larger one. */
export function smallTestNotes(cases: readonly CaseRow[]): string[] {
  const [first] = cases
  const images = first?.runs[0]?.images
  if (first === undefined || images === undefined) return []
  const measure = studyMeasure(cases)
  const value = scoreOf(first, measure).mean
  const note = smallTestNote({ images, sample: sampleWordOf(cases), measure, value })
  return note === undefined ? [] : [note]
}
