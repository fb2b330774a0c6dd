import { markdownTable } from '../../report/text-tables.ts'
import type { CaseColumn } from './case-columns.ts'
import { failureText, type RunFailure } from './failures.ts'

/** Contents of a study's Markdown file. */
export interface RunsText {
  readonly title: string
  /** Lines; empty if no run finished. */
  readonly tables: readonly string[]
  readonly notes: readonly string[]
  readonly failures: readonly RunFailure[]
}

/** Markdown of a heading, tables, notes and failures. */
export function runsMarkdown({ title, tables, notes, failures }: RunsText): string {
  return `${[
    `# ${title}\n`,
    ...tables,
    ...notes.map((note) => `- ${note}`),
    ...(failures.length > 0 ? ['\n## Failed\n', ...failures.map((each) => `- ${failureText(each)}`)] : []),
  ].join('\n')}\n`
}

/** The lines of a table of cases followed by an empty line; [] without cases. */
export function caseTable<R>(columns: readonly CaseColumn<R>[], rows: readonly R[]): string[] {
  if (rows.length === 0) return []
  const cells = rows.map((row) => columns.map((column) => column.cell(row)))
  return [
    ...markdownTable(
      columns.map(({ name }) => name),
      cells,
    ),
    '',
  ]
}
