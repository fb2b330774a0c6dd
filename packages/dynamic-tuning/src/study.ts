/** Studies of many runs: comparisons, sweeps, VTAB-1K and NOAH's search. */

export type { WithoutSignal } from './run/run-control.ts'
export { compare } from './study/compare/compare.ts'
export type { MeasuredSpeeds } from './study/compare/compare-speed.ts'
export type { CompareOutcome, CompareRow } from './study/compare/outcome.ts'
export type { CompareInput } from './study/compare/plan.ts'
export { compareJointly } from './study/joint/compare-jointly.ts'
export type { JointCellRow, JointOutcome, JointRow } from './study/joint/outcome.ts'
export { type JointCell, type JointInput, type JointPlan, planJoint } from './study/joint/plan.ts'
export type { Candidate, EvolutionProgress, SubnetScore } from './study/noah/evolve.ts'
export type { NoahSearchControl } from './study/noah/find-winner.ts'
export { noahSearch } from './study/noah/noah-search.ts'
export type { NoahSearchResult, NoahSearchStopped } from './study/noah/result.ts'
export type { NoahSearchInput } from './study/noah/search-settings.ts'
export type { TunedSettings } from './study/paper/is-same-model.ts'
export { type PaperScores, paperRows } from './study/paper/paper-row.ts'
export type { ManyRunsControl, ManyRunsStopped, ManyRunsWork } from './study/pool/control.ts'
export type { RunFailure } from './study/pool/failures.ts'
export type { PlannedRun } from './study/pool/plan-runs.ts'
export type { FailedEnd } from './study/pool/process-messages.ts'
export type { NamedSettings, RunCase } from './study/pool/run-case.ts'
export type { JobEnd } from './study/pool/start-finetune.ts'
export type { CaseRow } from './study/pool/summarize-cases.ts'
export type { Grid } from './study/sweep/expand-grid.ts'
export type { SweepOutcome } from './study/sweep/outcome.ts'
export type { SweepInput } from './study/sweep/plan.ts'
export { sweep } from './study/sweep/sweep.ts'
export type {
  VtabGroupRow,
  VtabOutcome,
  VtabPaperRow,
  VtabRow,
  VtabSearchRow,
  VtabTaskRow,
} from './study/vtab/outcome.ts'
export { planVtab, type VtabCell, type VtabInput, type VtabPlan } from './study/vtab/plan.ts'
export type { VtabRowPlan } from './study/vtab/plan-rows.ts'
export type { GroupScore } from './study/vtab/score.ts'
export type { DifferingTask, TasksFound } from './study/vtab/tasks-in.ts'
export { vtab } from './study/vtab/vtab.ts'
