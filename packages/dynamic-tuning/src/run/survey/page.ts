import type { ClassColour } from '../../data/masks/colours.ts'
import { renderReport } from '../../report/page.ts'
import { formatPercent } from '../../report/quantity.ts'
import type { ReportSection, SectionTable } from '../../report/section.ts'
import { cssColour } from './sheet.ts'
import type { DataSurvey } from './survey.ts'

/** Examples with their pictures as PNG. */
export type PagePictures = NonNullable<ReportSection['pictures']>

/** The page of a survey: counts, examples, and what is wrong. */
export function surveyPage(
  survey: DataSurvey,
  pictures: PagePictures,
  colours: readonly ClassColour[] | undefined,
): string {
  const { name, layout, classes, parts, errors, warnings, notes } = survey
  const lines = (heading: string, all: readonly string[]): ReportSection[] =>
    all.length === 0
      ? []
      : [{ heading, table: { columns: ['what, and where'], rows: all.map((each) => ({ cells: [each] })) } }]
  return renderReport({
    title: name,
    subtitle: `${layout}: ${survey.data}`,
    headline: [
      ...parts.map((part) => ({
        label: part.name,
        value: String(part.usable),
        note: `of ${part.examples} usable`,
      })),
      { label: 'classes', value: String(classes.length) },
      {
        label: 'errors',
        value: String(errors.length),
        note: survey.ok ? 'training can begin' : 'training would fail',
      },
    ],
    curves: [],
    sections: [
      ...lines('Errors', errors),
      ...lines('Warnings', warnings),
      { heading: 'Examples', pictures },
      { heading: 'Classes', table: classTable(survey, colours) },
    ],
    notes,
  })
}

function classTable(
  { classes, parts }: DataSurvey,
  colours: readonly ClassColour[] | undefined,
): SectionTable {
  const rows = classes.map((name, label) => {
    const cells = parts.flatMap(({ classes: counts, pixels }) => {
      const all = pixels?.reduce((sum, count) => sum + count, 0) ?? 0
      const count = pixels?.[label] ?? 0
      return [
        String(counts[label] || '–'),
        ...(pixels ? [count === 0 ? '–' : formatPercent(count / all)] : []),
      ]
    })
    return { cells: [name, ...cells], ...(colours && { colour: cssColour(colours[label]) }) }
  })
  const heads = parts.flatMap(({ name, pixels }) => [name, ...(pixels ? [`${name}, pixels`] : [])])
  return { columns: ['class', ...heads], rows }
}
