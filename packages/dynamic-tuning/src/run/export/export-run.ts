import { resolve } from 'node:path'
import { sampleOf } from '../../data/samples/registry.ts'
import { ConfigError } from '../../errors.ts'
import { randomModel } from '../../evaluation/random-model.ts'
import { exportOnnx, type OnnxExport, type OnnxExportSettings } from '../../export/onnx.ts'
import { type Normalization, openBackbone } from '../../io/backbone.ts'
import { fetchModel } from '../../io/hub/fetch-model.ts'
import type { Named } from '../../models/head.ts'
import { modelOf } from '../../models/model.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { checkNetwork } from '../../network/check-network.ts'
import { mergeTuned, type TunedWeights } from '../../network/merge.ts'
import { type Network, network } from '../../network/network.ts'
import type { InferenceKind } from '../../network/pass.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { type GivenReduction, reductionOptions } from '../../reduction/options.ts'
import { usualTask } from '../../tasks/registry.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import type { BlockForm, TunerOptions } from '../../tuners/tuner.ts'
import { libraryVersion } from '../library-version.ts'
import { definedOnly } from '../settings/defined-only.ts'
import { type TunedModel, withReduction } from '../tuned-run.ts'

/** Target file and form of an exported model. */
export interface ExportSettings extends Pick<OnnxExportSettings, 'precision' | 'fused' | 'device'> {
  readonly out: string
  /**
   * `skip` (default) computes active tokens only; `masked` computes all and masks, for runtimes that
   * need fixed sizes.
   */
  readonly pass?: Exclude<InferenceKind, 'complete'> | undefined
  /** True to store weights in `<file>_data`. Default: only if they exceed 1 GB. */
  readonly external?: boolean | undefined
  /** A token reduction instead of the run's own. */
  readonly reduction?: GivenReduction | undefined
  /**
   * True to merge the method's weights into the dense ones if possible, so that LoRA, SSF and FacT cost
   * nothing. Default true.
   */
  readonly merge?: boolean | undefined
  /**
   * Least gate probability of an active token, one for each gate; 0.5, as trained, by default. Stored
   * in the metadata.
   */
  readonly thresholds?: readonly number[] | undefined
  /** True to store the thresholds in the graph instead of making them an input. */
  readonly fixedThresholds?: boolean | undefined
  /** True to add the output `labels`, int64: the class of each image [B], or of each pixel [B, H, W]. */
  readonly labels?: boolean | undefined
  /** The form of the block behind each gate; complete by default. */
  readonly blocks?: readonly BlockForm[] | undefined
  /** Additional key-value pairs for the file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** An untrained model to export: for measuring, not for use. */
export interface RandomExportSettings extends ExportSettings, Partial<Omit<TunerOptions, 'adapterDropout'>> {
  /** timm's name, `builtin`, or a path that gives the sizes. */
  readonly model: string
  /** Default `dyt`. */
  readonly method?: string | undefined
  /** Share of patch tokens that the dispatchers let through. Default: the method's rate. */
  readonly active?: number | undefined
  readonly classes?: number | undefined
  readonly imageSize?: readonly [number, number] | undefined
  /** T, frames of a clip, for a model of clips. */
  readonly frames?: number | undefined
  readonly seed?: number | undefined
  readonly threads?: number | undefined
}

/**
 * Exports a tuned model as one ONNX file of standard operators. @throws FormatError if it cannot be written
 * @example
 * ```ts
 * import { exportModel, openRun } from 'dynamic-tuning'
 *
 * exportModel(openRun('runs/photos'), { out: 'model.onnx' })
 * ```
 */
export function exportModel(tuned: TunedModel, wanted: ExportSettings): OnnxExport {
  const model = withReduction(tuned, wanted.reduction)
  const { config, network, settings, classes, normalization, tensors } = model
  const { out, pass = 'skip', external, merge = true, fixedThresholds, blocks, metadata } = wanted
  const { precision, fused, device, labels = false } = wanted
  const gates = network.gates.sites.length
  const thresholds = wanted.thresholds ?? new Array<number>(gates).fill(0.5)
  return exportOnnx(resolve(out), {
    ...graphOf({ network, tensors }, merge, settings.seed),
    pass,
    external,
    thresholds,
    fixedThresholds,
    blocks,
    finish: labels ? withLabels(model) : undefined,
    ...{ precision, fused, device },
    metadata: {
      ...describe(network.tuner.name, pass, config, normalization),
      reduction: settings.reduction,
      ...(gates > 0 && { threshold: JSON.stringify(thresholds) }),
      resize: settings.resize,
      ...(settings.cropRatio !== undefined && { crop_ratio: String(settings.cropRatio) }),
      classes: JSON.stringify(classes),
      ...ofTask(model),
      ...metadata,
    },
  })
}

/** Adds the output `labels`. @throws ConfigError for a task whose samples have several */
function withLabels({ task, config }: TunedModel): (outputs: Named) => Named {
  const { labels } = task
  if (labels === undefined)
    throw new ConfigError(`export: ${task.name} has no single label to give. Leave labels out.`)
  return (outputs) => ({ ...outputs, labels: labels(outputs, config.imageSize) })
}

/**
 * Exports an untrained model whose dispatchers let `active` of the tokens through.
 * @throws ConfigError for unknown names and invalid shares
 */
export async function exportRandomModel(settings: RandomExportSettings): Promise<OnnxExport> {
  const { seed = 0, threads = 0, pass = 'skip', merge = true, external } = settings
  const { precision, fused, device } = settings
  const { network: tuned, config, normalization } = await randomNetwork(settings)
  const { tuner, reduction } = tuned
  const active = settings.active ?? tuned.options.rate
  if (!(active >= 0 && active <= 1))
    throw new ConfigError(
      `export: active is ${active}, expected a share from 0 to 1. Give 0.5, for instance.`,
    )
  const tensors = await randomModel({ network: tuned, active, seed, threads })
  return exportOnnx(resolve(settings.out), {
    ...graphOf({ network: tuned, tensors }, merge, seed),
    pass,
    external,
    ...{ precision, fused, device },
    metadata: {
      ...describe(tuner.name, pass, config, normalization),
      reduction: reduction.reduction,
      weights: `random, seed ${seed}`,
    },
  })
}

/** Metadata of the task and its own settings, such as `label_threshold`; empty for the default task. */
function ofTask({ task, settings }: TunedModel): Record<string, string> {
  if (task === usualTask) return {}
  const own = Object.entries(settings).filter(([name]) => name in (task.settings ?? {}))
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return { task: task.name, ...Object.fromEntries(own.map(([name, value]) => [snake(name), String(value)])) }
}

/** The network of an untrained model, checked, and the preparation of its pixels. */
async function randomNetwork(settings: RandomExportSettings): Promise<{
  readonly network: Network
  readonly config: ModelConfig
  readonly normalization: Normalization
}> {
  const { model, classes: numClasses, imageSize, frames, seed = 0 } = settings
  const tuner = tunerNamed(settings.method ?? 'dyt')
  await fetchModel(model)
  const sizes = { numClasses, imageSize, frames, seed, randomWeights: true }
  const { config, normalization } = openBackbone(model, sizes)
  const options = { ...tuner.defaults, ...definedOnly(optionsIn(settings)) }
  const tuned = network({
    ...modelOf(config),
    tuner,
    options,
    reduction: reductionOptions(settings.reduction),
  })
  checkNetwork('export', tuned)
  return { network: tuned, config, normalization }
}

/** What the exported graph is built from: the model as it is, or merged. */
function graphOf(tuned: TunedWeights, merge: boolean, seed: number) {
  const { network, tensors } = merge ? mergeTuned(tuned) : tuned
  return { network, store: new WeightStore({ tensors, seed }) }
}

function optionsIn({ bottleneck, adapterScale, rate, temperature }: RandomExportSettings) {
  return { bottleneck, adapterScale, rate, temperature }
}

const asText = (facts: object): Record<string, string> =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))

/** The file's metadata: how pixels are prepared, and where the model comes from. */
function describe(
  method: string,
  pass: string,
  config: ModelConfig,
  { mean, std }: Normalization,
): Record<string, string> {
  return {
    library: 'dynamic-tuning',
    version: libraryVersion(),
    method,
    pass,
    image_size: JSON.stringify(config.imageSize),
    ...asText(sampleOf(config).facts),
    image_mean: JSON.stringify(mean),
    image_std: JSON.stringify(std),
  }
}
