import { RunError } from '../../errors.ts'
import { valueIn, valueInterval } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { RunCase } from './run-case.ts'
import { scoreFields, scoreOver } from './score.ts'
import { studyMeasure } from './study-measure.ts'

/**
 * Results over seeds and cost of one case. It also has the score of the task's primary measure, see
 * `scoreOf`: `meanIou`, `meanIouDeviation` and `meanIouInterval`.
 */
export interface CaseRow {
  readonly case: string
  readonly method: string
  /** Settings in which it differs from other cases, without the method. */
  readonly settings: SomeSettings
  /** Number of seeds. */
  readonly seeds: number
  /** Means over seeds. */
  readonly loss: number
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  readonly flops: number
  readonly staticFlops: number
  /** Trained parameters, head included. */
  readonly trainableParams: number
  /** Mean training time. */
  readonly seconds: number
  /** Largest peak of its runs. */
  readonly peakMemoryMB: number
  readonly runs: readonly RunSummary[]
}

/**
 * Summarizes the finished runs of a case.
 * @throws RunError if there are none
 */
export function summarizeCase(
  { name, method, settings }: Pick<RunCase, 'name' | 'method' | 'settings'>,
  runs: readonly RunSummary[],
): CaseRow {
  const [first] = runs
  if (first === undefined) throw new RunError(`study: no run of ${name} ended well. See its log.`)
  const average = (value: (run: RunSummary) => number): number => mean(runs.map(value))
  const measure = studyMeasure([{ runs }])
  const values = runs.map((run) => valueIn(run, measure))
  const score = scoreOver(values, measure, valueInterval(measure, valueIn(first, measure), first.images))
  return {
    case: name,
    method,
    settings,
    seeds: runs.length,
    ...scoreFields(measure, score),
    loss: average((run) => run.loss),
    activeRate: average((run) => run.activeRate),
    activeRatePerLayer: first.activeRatePerLayer.map((_, i) =>
      average((run) => run.activeRatePerLayer[i] ?? Number.NaN),
    ),
    flops: average((run) => run.flops),
    staticFlops: first.staticFlops,
    trainableParams: first.trainableParams,
    seconds: average((run) => run.seconds),
    peakMemoryMB: Math.max(...runs.map((run) => run.peakMemoryMB)),
    runs,
  }
}
