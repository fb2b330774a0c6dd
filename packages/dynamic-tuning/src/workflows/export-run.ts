import { resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import { randomModel } from '../evaluation/random-model.ts'
import { exportOnnx, type OnnxExport } from '../export/onnx.ts'
import { type Normalization, openBackbone } from '../io/backbone.ts'
import type { VitConfig } from '../models/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { checkReduction, checkReductionFits } from '../reduction/check-reduction.ts'
import { type GivenReduction, reductionOptions } from '../reduction/options.ts'
import { tunerNamed } from '../tuners/registry.ts'
import type { TunerOptions } from '../tuners/tuner.ts'
import { definedOnly } from './finetune-settings.ts'
import { libraryVersion } from './library-version.ts'
import { type InferencePass, type TunedModel, withReduction } from './tuned-run.ts'

/** Where a model is exported to, and which form of it. */
export interface ExportSettings {
  readonly out: string
  /** `skip` (default) computes active tokens only; `masked` computes all and masks: for runtimes that want fixed sizes. */
  readonly pass?: Exclude<InferencePass, 'complete'> | undefined
  /** Keep weights in `<file>_data`. Default: only where they exceed 1 GB. */
  readonly external?: boolean | undefined
  /** Another token reduction than the run's own. */
  readonly reduction?: GivenReduction | undefined
}

/** An untrained model to export: for measuring, not for use. */
export interface RandomExportSettings extends ExportSettings, Partial<Omit<TunerOptions, 'adapterDropout'>> {
  /** timm's name, `builtin`, or a path whose sizes are taken. */
  readonly model: string
  /** Default `dyt`. */
  readonly method?: string | undefined
  /** Share of patch tokens that the dispatchers let through. Default: the method's rate. */
  readonly active?: number | undefined
  readonly classes?: number | undefined
  readonly imageSize?: readonly [number, number] | undefined
  readonly seed?: number | undefined
  readonly threads?: number | undefined
}

/** Exports a tuned model as one ONNX file of standard operators. @throws FormatError where it cannot be written */
export function exportModel(tuned: TunedModel, wanted: ExportSettings): OnnxExport {
  const { out, pass = 'skip', external } = wanted
  const model = withReduction(tuned, wanted.reduction)
  const { config, tuner, settings, classes, normalization } = model
  return exportOnnx(resolve(out), {
    config,
    tuner,
    options: settings,
    reduction: settings,
    store: model.store(),
    pass,
    external,
    metadata: {
      ...describe(tuner.name, pass, config, normalization),
      reduction: settings.reduction,
      resize: settings.resize,
      classes: JSON.stringify(classes),
    },
  })
}

/**
 * Exports an untrained model whose dispatchers let `active` of the tokens through.
 * @throws ConfigError for unknown names and shares that make no sense
 */
export async function exportRandomModel(settings: RandomExportSettings): Promise<OnnxExport> {
  const { seed = 0, threads = 0, pass = 'skip', classes: numClasses, imageSize, external } = settings
  const tuner = tunerNamed(settings.method ?? 'dyt')
  const { config, normalization } = openBackbone(settings.model, {
    numClasses,
    imageSize,
    seed,
    randomWeights: true,
  })
  const options = { ...tuner.defaults, ...definedOnly(optionsIn(settings)) }
  const active = settings.active ?? options.rate
  if (!(active >= 0 && active <= 1))
    throw new ConfigError(
      `export: active is ${active}, expected a share from 0 to 1. Give 0.5, for instance.`,
    )
  const reduction = reductionOptions(settings.reduction)
  checkReduction('export', reduction, options)
  checkReductionFits('export', reduction, config)
  const tensors = await randomModel({ config, tuner, options, reduction, active, seed, threads })
  return exportOnnx(resolve(settings.out), {
    config,
    tuner,
    options,
    reduction,
    store: new WeightStore({ tensors, seed }),
    pass,
    external,
    metadata: {
      ...describe(tuner.name, pass, config, normalization),
      reduction: reduction.reduction,
      weights: `random, seed ${seed}`,
    },
  })
}

function optionsIn({ bottleneck, adapterScale, rate, temperature }: RandomExportSettings) {
  return { bottleneck, adapterScale, rate, temperature }
}

/** What a file says of itself: how its pixels are to be prepared, and where it comes from. */
function describe(
  method: string,
  pass: string,
  { imageSize }: VitConfig,
  { mean, std }: Normalization,
): Record<string, string> {
  return {
    library: 'dynamic-tuning',
    version: libraryVersion(),
    method,
    pass,
    image_size: JSON.stringify(imageSize),
    image_mean: JSON.stringify(mean),
    image_std: JSON.stringify(std),
  }
}
