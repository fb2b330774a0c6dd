import { headingOf, numberIn, worstFirst } from '../evaluation/measure.ts'
import type { ClassScore, Score } from '../evaluation/tally.ts'
import type { RunFolder } from '../io/run-folder.ts'
import { formatMeasure, formatPercent } from '../report/quantity.ts'
import type { ReportSection } from '../report/section.ts'
import type { Task } from '../tasks/task.ts'
import { resultLine } from './summary.ts'

/** Results of each class of a test, as kept in the last line of a run's `metrics.jsonl`. */
export type ClassResults = Pick<Score, 'perClass' | 'confusion'>

/** The results of classes of a finished run; undefined if it has none, as those of version 0.1. */
export function storedClasses(run: RunFolder): ClassResults | undefined {
  const line = resultLine(run)
  if (line === undefined || !('perClass' in line) || !Array.isArray(line.perClass)) return undefined
  const confusion = 'confusion' in line && Array.isArray(line.confusion) ? line.confusion : undefined
  return { perClass: line.perClass, ...(confusion && { confusion }) }
}

/** Classes shown in a table, and confusions of two of them. */
const [mostClasses, mostConfusions] = [200, 12]

/** Sections of a report: the measures of every class, the worst first, and what classes are taken for. */
export function classSections(
  { classMeasures, word = 'images' }: Pick<Task, 'classMeasures'> & { readonly word?: string },
  { perClass, confusion }: ClassResults,
  classes: readonly string[],
): ReportSection[] {
  const [rank] = classMeasures
  const value = (score: ClassScore, name: string): number => numberIn(score.measures, name) ?? Number.NaN
  const sorted = worstFirst(perClass, rank, (score) => value(score, rank.name))
  const anyUnknown = perClass.some((score) => !Number.isFinite(value(score, rank.name)))
  const table = {
    columns: ['class', word, ...classMeasures.map(headingOf)],
    rows: sorted.slice(0, mostClasses).map((score) => ({
      cells: [
        score.class,
        String(score.images),
        ...classMeasures.map((measure) => formatMeasure(measure, value(score, measure.name))),
      ],
    })),
  }
  const about = `The worst first.${anyUnknown ? ' – where a class occurs nowhere.' : ''}`
  return [{ heading: 'Classes', about, table }, ...confusionSection(confusion, classes)]
}

/** The pairs of classes that are confused most, by the share of the first that is taken for the second. */
function confusionSection(confusion: ClassResults['confusion'], classes: readonly string[]): ReportSection[] {
  const pairs = (confusion ?? []).flatMap((row, label) => {
    const all = row.reduce((sum, count) => sum + count, 0)
    return row.flatMap((count, other) =>
      other === label || count === 0 ? [] : [{ label, other, share: count / all }],
    )
  })
  if (pairs.length === 0) return []
  const rows = pairs
    .sort((a, b) => b.share - a.share)
    .slice(0, mostConfusions)
    .map(({ label, other, share }) => ({
      cells: [classes[label] ?? '', classes[other] ?? '', formatPercent(share)],
    }))
  return [{ heading: 'Confusions', table: { columns: ['class', 'taken for', 'of the class'], rows } }]
}
