import { z } from 'zod'
import { RunError } from '../../errors.ts'
import { type Measure, numberIn } from '../../evaluation/measure.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import type { Subnet } from '../../tuners/noah-supernet.ts'
import type { Candidate, SubnetScore } from './evolve.ts'
import { subnetKey } from './space.ts'

const sizes = z.array(z.int().min(1)).readonly()
const line = z.looseObject({
  visualPromptDim: sizes,
  loraDim: sizes,
  adapterDim: sizes,
  loss: z.number(),
})

/** Scores of candidates, saved in the run folder. */
export interface ScoreKeeper {
  /** The saved score, or a new one. */
  score(subnet: Subnet): Promise<SubnetScore>
  /** Saves a candidate that is not saved yet. */
  keep(candidate: Candidate): void
}

/**
 * Keeps the scores of candidates as lines `"kind": "candidate"` of a run's `metrics.jsonl`, so that
 * a resumed search evaluates no sub-network twice.
 * @throws RunError if such a line is damaged
 */
export function keepScores(
  run: RunFolder,
  scorer: Pick<ScoreKeeper, 'score'>,
  { name }: Measure,
): ScoreKeeper {
  const kept = new Map<string, SubnetScore>()
  for (const each of run.readMetrics()) {
    if (!('kind' in each && each.kind === 'candidate')) continue
    const { data } = line.safeParse(each)
    const score = numberIn(each, name)
    if (data === undefined || score === undefined)
      throw new RunError(
        `run: a candidate in metrics.jsonl of ${run.path} is damaged, got ${JSON.stringify(each).slice(0, 80)}. Delete the line.`,
      )
    kept.set(subnetKey(data), { score, loss: data.loss })
  }
  return {
    score: async (subnet) => kept.get(subnetKey(subnet)) ?? scorer.score(subnet),
    keep({ subnet, round, parameters, score, loss }) {
      if (kept.has(subnetKey(subnet))) return
      run.appendMetric({ kind: 'candidate', round, ...subnet, parameters, [name]: score, loss })
    },
  }
}
