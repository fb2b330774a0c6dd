import { modelCost } from '../cost/model-cost.ts'
import { ConfigError } from '../errors.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { runNetwork } from './network.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'
import { activationBytesOf, recomputedBytesOf } from './settings/micro-batch.ts'

/** Memory of an idle process of the library. */
const baseMB = 250
/** Copies of the weights in memory: constants of the training graph and of the validation graph. */
const weightCopies = 2
/** For each trained weight: the gradient and the optimiser's two moments. */
const trainedCopies = 3

/**
 * Estimated peak memory of a run's process, in MB of 2^20 bytes, before any similar run was measured: an idle
 * process, copies of the weights, and the activations of its passes, twice if there is a complete model.
 */
export function expectedMemoryMB(settings: FinetuneSettings, config: ModelConfig): number {
  const { batch, microBatch, recompute, dispatch, complete, distillation, method } = settings
  const { params } = modelCost({ network: runNetwork({ model: config, settings }) })
  // A batch in pieces needs a graph of the gates, see `MeansPass`.
  const copies = dispatch !== 'none' && microBatch < batch ? weightCopies + 1 : weightCopies
  const weights = 4 * (copies * params.total + trainedCopies * params.trainable)
  const passes = dispatch !== 'none' && (complete || distillation) ? 2 : 1
  const ofImage = (recompute ? recomputedBytesOf : activationBytesOf)(config)
  const kept = method === 'linear' ? 0 : microBatch * ofImage * passes
  return Math.round(baseMB + (weights + kept) / 2 ** 20)
}

/**
 * The settings with the most images per pass that are expected to fit `memory`, if given; if not even one
 * fits, layers are recomputed (`recompute`). The result does not depend on the machine: the same settings
 * give the same weights everywhere.
 * @throws ConfigError if not even one image fits
 */
export function fitMemory(settings: FinetuneSettings, config: ModelConfig): FinetuneSettings {
  const { memory } = settings
  if (memory === undefined) return settings
  const leaner = { ...settings, recompute: true }
  const { leastImages: least = 1 } = modelOf(config).head
  const fitted = [settings, leaner].find((each) => neededFor(each, config, least) <= memory)
  if (fitted === undefined)
    throw new ConfigError(
      `finetune: ${least === 1 ? 'one image' : `${least} images`} a pass take${least === 1 ? 's' : ''} about ${gigabytes(neededFor(leaner, config, least))} GB, memory is ${gigabytes(memory)} GB. Give more, or take a smaller model or image size.`,
    )
  let [fits, fails] = [least, settings.batch + 1]
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2)
    if (neededFor(fitted, config, middle) <= memory) fits = middle
    else fails = middle
  }
  return { ...fitted, microBatch: fits }
}

/** Bytes needed with this many images per pass. */
function neededFor(settings: FinetuneSettings, config: ModelConfig, microBatch: number): number {
  return expectedMemoryMB({ ...settings, microBatch }, config) * 2 ** 20
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2)

/** The estimate for a run, and the measured peak of its process. */
export interface MemoryRecord {
  readonly expectedMB: number
  readonly peakMB: number
}

/**
 * Corrects the estimate for a run by the largest ratio of measured to estimated memory over the runs that
 * have ended; unchanged if none has.
 */
export function correctedMB(expectedMB: number, ended: readonly MemoryRecord[]): number {
  if (ended.length === 0) return expectedMB
  return expectedMB * Math.max(...ended.map((each) => each.peakMB / each.expectedMB))
}
