import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type Program } from '@dynamic-tuning/engine'
import { modelCost } from '../cost/model-cost.ts'
import { type Example, sourceName } from '../data/example.ts'
import type { Loader } from '../data/loader/loader.ts'
import { rowLoader } from '../data/loader/row-loader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { CheckpointError, ConfigError } from '../errors.ts'
import { inferenceGraph } from '../evaluation/classifier.ts'
import { openRows, type RowFile, writeRows } from '../io/row-file.ts'
import type { RunFolder } from '../io/run-folder.ts'
import { removeLeftovers } from '../io/write-aside.ts'
import { keepIn } from '../models/backbone-precision.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { noReduction } from '../reduction/options.ts'
import { taskNamed } from '../tasks/registry.ts'
import { floatData } from '../training/float-data.ts'
import { type FrozenPrefix, frozenPrefix } from '../training/frozen-prefix.ts'
import { objective } from '../training/objective.ts'
import { evaluationTransform } from './augmentations.ts'
import { libraryVersion } from './library-version.ts'
import { runNetwork } from './network.ts'
import type { Prepared } from './prepare-run.ts'
import { heldOut, inferenceBatch, trainingOrder } from './training-parts.ts'

/** Default limit of the cache in bytes. */
export const usualCacheBytes = 2e9
/** A cache is used by default only if it saves at least this share of the model's work. */
const worthwhile = 0.9

/** Loaders over features instead of images. */
export interface CachedLoaders {
  readonly training: Loader
  readonly heldOut: Loader
}

/** The graphs of features for training and for validation, which may differ. */
interface Prefixes {
  readonly training: FrozenPrefix
  readonly heldOut: FrozenPrefix
}

/**
 * The parts of a run's graphs that can be computed once per image. Undefined if `cacheFeatures` is not set
 * and they are not nearly the whole model.
 * @throws ConfigError if `cacheFeatures` is set and features cannot be cached
 */
export function cacheableParts(prepared: Prepared): Prefixes | undefined {
  const { settings, dataset, model } = prepared
  const { cacheFeatures: asked, augment, mixup, cutmix, skipBad } = settings
  const limit = asked ?? usualCacheBytes
  if (limit === 0) return undefined
  const refuse = (reason: string): undefined => {
    if (asked !== undefined) throw new ConfigError(`cacheFeatures: ${reason}`)
  }
  if (skipBad)
    return refuse('which images skipBad leaves out is not known beforehand. Leave one of them out.')
  if (augment !== 'none')
    return refuse(
      `images change from epoch to epoch (augment: ${augment}). Set augment to none, or leave it out.`,
    )
  if (mixup > 0 || cutmix > 0)
    return refuse('images are mixed anew at every step (mixup, cutmix). Leave one of them out.')
  if (settings.shrinkEpochs > 0 || settings.shrinkStartEpoch > 0)
    return refuse('the kept tokens change (shrinkEpochs, shrinkStartEpoch). Leave it out.')
  const { varies } = sampleOf({ ...settings, frames: model.frames })
  if (varies !== undefined) return refuse(`${varies}. Leave it out.`)
  const found = prefixesOf(prepared)
  if (found === undefined)
    return refuse(`${settings.method} trains weights that meet the pixels themselves. Leave it out.`)
  const bytes =
    4 * (dataset.train.length * found.training.width + dataset.validation.length * found.heldOut.width)
  if (bytes > limit)
    return refuse(
      `features of ${settings.method} take ${megabytes(bytes)}, more than ${megabytes(limit)}. Allow as much, or leave it out.`,
    )
  const whole = modelCost({
    network: network({ ...runNetwork(prepared), reduction: noReduction }),
    computed: true,
  })
  const saved = Math.min(found.training.macs, found.heldOut.macs) / whole.flops.total
  return asked === undefined && saved < worthwhile ? undefined : found
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toPrecision(3)} MB`

function prefixesOf(prepared: Prepared): Prefixes | undefined {
  const { settings, tensors } = prepared
  const tuned = runNetwork(prepared)
  const values = { tensors, trainable: tuned.tunable, seed: settings.seed }
  const store = new WeightStore({ ...values, keep: keepIn(settings.backbonePrecision) })
  const { features: _features, ...outputs } = objective(store, {
    ...{ network: tuned, loss: settings, taskLoss: taskNamed(settings.task).loss },
  })
  const training = frozenPrefix(outputs)
  const held = frozenPrefix(inferenceGraph({ network: tuned, store: new WeightStore(values), pass: 'skip' }))
  return training && held && { training, heldOut: held }
}

/**
 * Computes the features of all training images and of the validation `sample` once, or reads them from the
 * run's folder if an interrupted run left them there. Undefined if `signal` aborts it.
 */
export async function cacheFeatures(
  run: RunFolder,
  prepared: Prepared,
  parts: Prefixes,
  sample: readonly Example[],
  signal: AbortSignal | undefined,
): Promise<CachedLoaders | undefined> {
  mkdirSync(cacheFolder(run), { recursive: true })
  removeLeftovers(cacheFolder(run))
  const start = performance.now()
  const { train } = prepared.dataset
  const training = await featuresOf('train', train, parts.training, run, prepared, signal)
  const held = training && (await featuresOf('held-out', sample, parts.heldOut, run, prepared, signal))
  if (training === undefined || held === undefined) {
    training?.close()
    return undefined
  }
  // Once only: a resumed run may find features whose line was not written, or make lost ones again.
  if (!run.readMetrics().some((line) => 'kind' in line && line.kind === 'features')) {
    const seconds = (performance.now() - start) / 1000
    run.appendMetric({ kind: 'features', step: 0, images: train.length + sample.length, seconds })
  }
  const { seed } = prepared.settings
  return {
    training: rowLoader(train, training, trainingOrder(prepared)),
    heldOut: rowLoader(sample, held, { seed, batch: inferenceBatch(prepared.settings) }),
  }
}

/** Deletes the features: a finished run no longer needs them. */
export function dropFeatures(run: RunFolder): void {
  rmSync(cacheFolder(run), { recursive: true, force: true })
}

const cacheFolder = (run: RunFolder): string => join(run.path, 'cache')

async function featuresOf(
  name: string,
  examples: readonly Example[],
  prefix: FrozenPrefix,
  run: RunFolder,
  prepared: Prepared,
  signal: AbortSignal | undefined,
): Promise<RowFile | undefined> {
  const path = join(cacheFolder(run), `${name}.safetensors`)
  const content = { count: examples.length, width: prefix.width, key: keyOf(examples, prepared) }
  const found = existsSync(path) ? openRows(path, content) : undefined
  if (found) return found
  const { threads, device } = prepared.settings
  const program = await compile({ features: prefix.features }, { threads, device })
  const loader = heldOut(prepared, examples)
  try {
    await writeRows(path, content, computed(program, loader, signal))
  } catch (error) {
    if (signal?.aborted) return undefined
    throw error
  } finally {
    await Promise.all([loader.close(), program.release()])
  }
  const rows = openRows(path, content)
  if (rows === undefined)
    throw new CheckpointError(`features: ${path} cannot be read back. Start the run again.`)
  return rows
}

async function* computed(
  program: Program<'features'>,
  loader: Loader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array> {
  for await (const { images } of loader.epoch(0)) {
    if (signal?.aborted) return
    yield floatData((await program.run({ images })).features, 'features')
  }
}

/**
 * A hash of everything beside the graph that features depend on: the images, how they are read,
 * the frozen weights.
 */
function keyOf(examples: readonly Example[], { settings, normalization, backbone }: Prepared): string {
  const transform = evaluationTransform(settings, normalization)
  const hash = createHash('sha256').update(JSON.stringify([libraryVersion(), backbone.sha256, transform]))
  for (const { source } of examples) hash.update(`${sourceName(source)}\n`)
  return hash.digest('hex')
}
