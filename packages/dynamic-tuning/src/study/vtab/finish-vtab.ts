import type { RunFolder } from '../../io/run-folder.ts'
import { failuresOf, type RunFailure } from '../pool/failures.ts'
import type { RefusedCase } from '../pool/plan-runs.ts'
import type { RunEnds } from '../pool/run-all.ts'
import type { CasesDone } from '../pool/run-cases.ts'
import { pagePath, writeResults } from '../pool/write-results.ts'
import type { VtabOutcome, VtabSearchRow } from './outcome.ts'
import type { VtabPlan } from './plan.ts'
import { summarizeRow } from './summarize-row.ts'
import { vtabReport } from './vtab-report.ts'
import { vtabCsv, vtabMarkdown } from './vtab-table.ts'

/** Results of a scale search. */
export interface SearchDone extends CasesDone {
  readonly rows: readonly VtabSearchRow[]
}

/** Computes the scores and writes the tables and the report. */
export function finishVtab(
  folder: RunFolder,
  plan: VtabPlan,
  { final, search }: { readonly final: CasesDone; readonly search?: SearchDone },
): VtabOutcome {
  const { root, seeds, missing, differing } = plan
  const outcome: VtabOutcome = {
    run: folder.path,
    finished: true,
    ...{ root, seeds, settings: plan.shared, differing },
    rows: plan.rows.flatMap((row) =>
      summarizeRow(row, { plan, ends: final.ends, search: search?.rows ?? [] }),
    ),
    missing: missing.map(({ name }) => name),
    search: search?.rows ?? [],
    failures: [...failuresOfSearch(search), ...failuresOf(final.ends, final.refused)],
    report: pagePath(folder, 'vtab'),
  }
  writeResults(folder, 'vtab', outcome, { csv: vtabCsv, markdown: vtabMarkdown, report: vtabReport })
  return outcome
}

function failuresOfSearch(search: SearchDone | undefined): RunFailure[] {
  const none: { readonly ends: RunEnds; readonly refused: readonly RefusedCase[] } = {
    ends: new Map(),
    refused: [],
  }
  const { ends, refused } = search ?? none
  return failuresOf(ends, refused)
}
