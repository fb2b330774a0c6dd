import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { CheckpointError, ConfigError } from '../errors.ts'
import { type Backbone, drawWeights, type FitOptions, fitBackbone } from '../models/backbone.ts'
import { completeConfig } from '../models/checkpoint-forms.ts'
import type { ModelHint } from '../models/checkpoints/checkpoint-form.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { modelConfig } from '../models/named-model.ts'
import { loadCheckpointFile } from './checkpoint.ts'
import { cachedModel } from './hub/fetch-model.ts'
import { placeOfModel, type WeightsPlace } from './model-place.ts'
import { readJson } from './read-json.ts'

/** Mean and standard deviation of each channel, for values from 0 to 1; pixels are normalised with them. */
export interface Normalization {
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}

/** A backbone opened by name or path. */
export interface OpenedBackbone extends Backbone {
  /** The name or path it was opened by; for a model of the hub with its commit, `owner/name@commit`. */
  readonly name: string
  readonly normalization: Normalization
}

/** How a backbone is opened, and values for what its files may not tell. */
export interface BackboneOptions extends FitOptions, ModelHint {
  /** True to draw all weights at random from `seed` instead of reading them; required for timm's names. */
  readonly randomWeights?: boolean
  /** Seed of random weights. Default 0. */
  readonly seed?: number
}

const half = [0.5, 0.5, 0.5] as const
const plain: Normalization = { mean: half, std: half }
/** Beside the package's code, whether it runs from `src` or from `dist`. */
const builtinPath = fileURLToPath(new URL('../../assets/builtin.safetensors', import.meta.url))

/**
 * Opens a backbone by one of these names: `builtin`; the path of a weight file (safetensors, .npz of JAX,
 * .pth or .bin of PyTorch) or of a folder with one; a model of the Hugging Face hub that `fetchModel` has
 * downloaded (`owner/name`); with random weights, also a model name of timm.
 *
 * A head for another number of classes is dropped, as is an image head if clips are wanted. Positions are
 * resized to the image size, and all floats become float32.
 * @throws CheckpointError for weights that are missing, damaged, contain NaN or do not fit;
 * DownloadError for models that are not downloaded; ConfigError for unknown names, and if the number of
 * attention heads cannot be determined
 */
export function openBackbone(nameOrPath: string, options: BackboneOptions = {}): OpenedBackbone {
  const { randomWeights = false, seed = 0, numClasses } = options
  const place = placeOfModel(nameOrPath)
  if (place.kind === 'named') {
    const config = modelConfig(nameOrPath, numClasses, options)
    if (!randomWeights)
      throw new ConfigError(
        `backbone: no weights are known for ${nameOrPath}. Give the path of its weights or a repository of them, such as timm/vit_base_patch16_224.augreg_in21k, or ask for random ones.`,
      )
    return { name: nameOrPath, config, tensors: drawWeights(config, seed), normalization: plain }
  }
  const opened = openFiles(nameOrPath, placed(place, nameOrPath), options)
  if (!randomWeights) return opened
  const { name, config, normalization } = opened
  return { name, config, normalization, tensors: drawWeights(config, seed) }
}

/**
 * The settings of a backbone, by a name or path as for `openBackbone`. For a model name of timm no weights
 * are needed.
 * @throws as `openBackbone`
 */
export function openBackboneConfig(nameOrPath: string, options: BackboneOptions = {}): ModelConfig {
  if (placeOfModel(nameOrPath).kind !== 'named') return openBackbone(nameOrPath, options).config
  return modelConfig(nameOrPath, options.numClasses, options)
}

/** Path of the files, and a name that finds the same files again: for a repository with its commit. */
function placed(
  place: Exclude<WeightsPlace, { readonly kind: 'named' }>,
  nameOrPath: string,
): { readonly path: string; readonly name: string } {
  if (place.kind === 'hub') {
    const { path, model, commit } = cachedModel(place.name)
    return { path, name: `${model}@${commit}` }
  }
  const path = place.kind === 'builtin' ? builtinPath : place.path
  if (existsSync(path)) return { path, name: nameOrPath }
  throw new CheckpointError(
    place.kind === 'builtin'
      ? `backbone: the built-in weights are missing, got no file at ${path}. Install the package again.`
      : `backbone: ${path} does not exist. Check the path.`,
  )
}

function openFiles(
  source: string,
  { path, name }: { readonly path: string; readonly name: string },
  options: BackboneOptions,
): OpenedBackbone {
  const { tensors, config, classes } = loadCheckpointFile(path)
  const complete = completeConfig(source, config, options)
  const backbone = { config: complete, tensors, ...(classes && { classes }) }
  const normalization = statSync(path).isDirectory() ? normalizationIn(path) : plain
  return { name, normalization, ...fitBackbone(source, backbone, options) }
}

const triple = z.tuple([z.number(), z.number(), z.number()])
const positives = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()])
const preprocessor = z.looseObject({ image_mean: triple, image_std: positives })
const timm = z.looseObject({ pretrained_cfg: z.looseObject({ mean: triple, std: positives }) })

/** Read from Hugging Face's `preprocessor_config.json` or timm's `config.json`; 0.5 if neither exists. */
function normalizationIn(folder: string): Normalization {
  const hf = readIfThere(join(folder, 'preprocessor_config.json'), preprocessor)
  if (hf) return { mean: hf.image_mean, std: hf.image_std }
  const cfg = readIfThere(join(folder, 'config.json'), timm)?.pretrained_cfg
  return cfg ? { mean: cfg.mean, std: cfg.std } : plain
}

function readIfThere<T extends z.ZodType>(path: string, schema: T): z.output<T> | undefined {
  return existsSync(path) ? schema.safeParse(readJson(path, CheckpointError)).data : undefined
}
