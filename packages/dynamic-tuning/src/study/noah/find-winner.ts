import { join } from 'node:path'
import type { Measure } from '../../evaluation/measure.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { writeAside } from '../../io/write-aside.ts'
import { depthOf } from '../../models/families.ts'
import type { FinetuneControl } from '../../run/finetune.ts'
import type { Prepared } from '../../run/prepare-run.ts'
import { taskNamed } from '../../tasks/registry.ts'
import { fieldOf } from '../../training/field-of.ts'
import type { TrainedWeights } from '../../training/trainer.ts'
import { type Candidate, type EvolutionProgress, evolve } from './evolve.ts'
import { keepScores } from './keep-scores.ts'
import type { NoahSearchResult, NoahSearchStopped } from './result.ts'
import { createScorer } from './scorer.ts'
import type { SearchPlan } from './search-settings.ts'
import { type SubnetSpace, subnetParameters, subnetSettings } from './space.ts'
import { winnerSettings } from './winner-settings.ts'

/** Output folder, callbacks and abort signal of a search. */
export interface NoahSearchControl extends FinetuneControl {
  /** A sub-network has been evaluated. */
  readonly onCandidate?: (candidate: Candidate, progress: EvolutionProgress) => void
}

/** A super-network that has been trained. */
export interface TrainedSupernet {
  readonly prepared: Prepared
  readonly space: SubnetSpace
  readonly weights: TrainedWeights
  /** Training steps. */
  readonly steps: number
}

/**
 * Runs the evolution on validation images (stage 2) and writes `noah.json` with the winner.
 * Candidates that the folder holds keep their scores.
 */
export async function findWinner(
  run: RunFolder,
  plan: SearchPlan,
  { prepared, space, weights, steps }: TrainedSupernet,
  control: NoahSearchControl,
): Promise<NoahSearchResult | NoahSearchStopped> {
  const { settings, model, dataset } = prepared
  const images = Math.min(dataset.validation.length, settings.validationImages)
  control.onPhase?.(`evaluating sub-networks on ${images} validation images`)
  const [measure] = taskNamed(settings.task).measures
  const scorer = await createScorer({ prepared, space, weights, measure }, run.adapterPath)
  const keeper = keepScores(run, scorer, measure)
  try {
    const { finished, winner, candidates } = await evolve(
      space,
      { ...plan.search, seed: settings.seed },
      {
        measure,
        parameters: (subnet) => subnetParameters(subnet, model),
        score: keeper.score,
        signal: control.signal,
        onCandidate(candidate, progress) {
          keeper.keep(candidate)
          control.onCandidate?.(candidate, progress)
        },
      },
    )
    const count = candidates.length
    if (!finished || winner === undefined) return { run: run.path, finished: false, steps, candidates: count }
    return conclude(run, plan, prepared, { winner, measure, candidates: count, images: scorer.images })
  } finally {
    await scorer.release()
  }
}

function conclude(
  run: RunFolder,
  plan: SearchPlan,
  { model, settings }: Prepared,
  found: { winner: Candidate; measure: Measure; candidates: number; images: number },
): NoahSearchResult {
  const { winner, measure, candidates, images } = found
  const settingsFile = join(run.path, 'noah.json')
  const forFinetune = winnerSettings(plan, winner.subnet, depthOf(model))
  writeAside(settingsFile, `${JSON.stringify(forFinetune, null, 2)}\n`)
  return {
    run: run.path,
    finished: true,
    ...(settings.task !== undefined && { task: settings.task }),
    ...subnetSettings(winner.subnet, depthOf(model)),
    parameters: winner.parameters,
    limit: plan.search.limit,
    [fieldOf('validation', measure)]: winner.score,
    validationLoss: winner.loss,
    images,
    candidates,
    settingsFile,
    seed: settings.seed,
  }
}
