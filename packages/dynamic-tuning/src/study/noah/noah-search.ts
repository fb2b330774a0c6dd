import { existsSync } from 'node:fs'
import { batchOrder } from '../../data/loader/batch-order.ts'
import { sampleWord } from '../../data/samples/word.ts'
import { ConfigError } from '../../errors.ts'
import { createRunFolder, type RunFolder } from '../../io/run-folder.ts'
import { readSafetensors } from '../../io/safetensors.ts'
import { writeSafetensors } from '../../io/safetensors-writer.ts'
import { depthOf } from '../../models/families.ts'
import { checkFiles } from '../../run/check-files.ts'
import { type Prepared, prepareRun } from '../../run/prepare-run.ts'
import type { WithoutSignal } from '../../run/run-control.ts'
import { refuseClips } from '../../run/settings/clip-settings.ts'
import { trainingOrder } from '../../run/training-parts.ts'
import type { TrainedWeights } from '../../training/trainer.ts'
import { findWinner, type NoahSearchControl } from './find-winner.ts'
import type { NoahSearchResult, NoahSearchStopped } from './result.ts'
import { resumedSearch, writeSearchConfig } from './search-config.ts'
import { type NoahSearchInput, planSearch, type SearchPlan } from './search-settings.ts'
import { type SubnetSpace, smallestSubnet, subnetParameters, subnetSpace } from './space.ts'
import { trainSupernet } from './train-supernet.ts'

/**
 * NOAH's search (arXiv:2206.04673): trains a super-network whose every step is a sub-network drawn
 * at random, then searches for the best sub-network on validation images with at most `limit`
 * parameters, and writes `noah.json`, with which `finetune` trains it from the pre-trained model on
 * all training images. The folder holds `config.json`, `metrics.jsonl` (steps, epochs and
 * candidates), `checkpoint/` and the super-network's `adapter.safetensors`. With `control.resume`
 * it continues and finds the same winner.
 * @throws ConfigError for invalid settings, a limit below the smallest sub-network, or other
 * settings on resuming; DataError, CheckpointError and RunError for unusable data, weights and
 * folders
 */
export function noahSearch(
  input: Partial<NoahSearchInput>,
  control: WithoutSignal<NoahSearchControl>,
): Promise<NoahSearchResult>
/** The same where `signal` may stop the search. */
export function noahSearch(
  input: Partial<NoahSearchInput>,
  control: NoahSearchControl,
): Promise<NoahSearchResult | NoahSearchStopped>
export async function noahSearch(
  input: Partial<NoahSearchInput>,
  control: NoahSearchControl,
): Promise<NoahSearchResult | NoahSearchStopped> {
  control.onPhase?.('opening data and backbone')
  if (control.resume) {
    const run = createRunFolder(control.out, { resume: true })
    return releasing(run, async () => {
      const { plan, ...saved } = resumedSearch(run, input)
      return search(run, plan, await prepare(plan, saved), control)
    })
  }
  const plan = planSearch(input)
  const prepared = await prepare(plan)
  await checkFiles(prepared.dataset, prepared.settings, { ...control, skipBad: prepared.settings.skipBad })
  const run = createRunFolder(control.out)
  return releasing(run, async () => {
    writeSearchConfig(run, plan, prepared)
    return search(run, plan, prepared, control)
  })
}

async function releasing<T>(run: RunFolder, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    run.release()
  }
}

/** Opens data and backbone and checks that the limit allows the smallest sub-network. */
async function prepare(plan: SearchPlan, saved?: Parameters<typeof prepareRun>[1]): Promise<Opened> {
  const prepared = await prepareRun(plan.supernet, saved)
  refuseClips('noah-search', prepared.settings.data, sampleWord(prepared.settings))
  const space = subnetSpace(depthOf(prepared.model), plan.search.sizes)
  const least = subnetParameters(smallestSubnet(space), prepared.model)
  const { limit } = plan.search
  if (limit < least)
    throw new ConfigError(
      `noah-search: limit is ${limit}, but the smallest sub-network has ${least} parameters. Make it larger.`,
    )
  return { ...prepared, space }
}

interface Opened extends Prepared {
  readonly space: SubnetSpace
}

async function search(
  run: RunFolder,
  plan: SearchPlan,
  prepared: Opened,
  control: NoahSearchControl,
): Promise<NoahSearchResult | NoahSearchStopped> {
  control.onOpen?.(prepared.settings)
  const trained = await supernet(run, prepared, control)
  if (trained.weights === undefined)
    return { run: run.path, finished: false, steps: trained.steps, candidates: 0 }
  return findWinner(
    run,
    plan,
    { prepared, space: prepared.space, ...trained, weights: trained.weights },
    control,
  )
}

/**
 * Trains the super-network, or reads its weights if the folder has them; undefined if `signal`
 * aborted it.
 */
async function supernet(
  run: RunFolder,
  prepared: Opened,
  control: NoahSearchControl,
): Promise<{ readonly steps: number; readonly weights?: TrainedWeights }> {
  const { settings, dataset, space } = prepared
  const { stepsPerEpoch } = batchOrder(dataset.train.length, trainingOrder(prepared))
  if (existsSync(run.adapterPath))
    return {
      steps: settings.epochs * stepsPerEpoch,
      weights: readSafetensors(run.adapterPath) as TrainedWeights,
    }
  control.onPhase?.(`compiling the super-network, to train on ${dataset.train.length} images`)
  const { finished, steps, weights } = await trainSupernet(run, prepared, space, control)
  if (!finished) return { steps }
  writeSafetensors(run.adapterPath, weights)
  return { steps, weights }
}
