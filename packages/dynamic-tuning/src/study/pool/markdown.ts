import { markdownTable } from '../../report/text-tables.ts'
import type { CaseColumn } from './case-columns.ts'
import { failureText, type RunFailure } from './failures.ts'

/** What a Markdown file of many runs says. */
export interface RunsText {
  readonly title: string
  /** Lines; empty where no run ended well. */
  readonly tables: readonly string[]
  readonly notes: readonly string[]
  readonly failures: readonly RunFailure[]
}

/** A heading, the tables, how they were made, and what failed. */
export function runsMarkdown({ title, tables, notes, failures }: RunsText): string {
  return `${[
    `# ${title}\n`,
    ...tables,
    ...notes.map((note) => `- ${note}`),
    ...(failures.length > 0 ? ['\n## Failed\n', ...failures.map((each) => `- ${failureText(each)}`)] : []),
  ].join('\n')}\n`
}

/** The lines of a table of cases and an empty one; none without cases. */
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
