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

/** Mean and deviation of each channel, for values from 0 to 1: what pixels are normalised with. */
export interface Normalization {
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}

/** A backbone that was opened by name or path. */
export interface OpenedBackbone extends Backbone {
  /** The name or path it was opened by; of a model of the hub with the commit, `owner/name@commit`. */
  readonly name: string
  readonly normalization: Normalization
}

/** What a backbone is opened for, and what its files may leave open. */
export interface BackboneOptions extends FitOptions, ModelHint {
  /** Draw all weights with `seed` instead of reading them; timm's names have no weights of their own. */
  readonly randomWeights?: boolean
  /** Seed of random weights. Default 0. */
  readonly seed?: number
}

const half = [0.5, 0.5, 0.5] as const
const plain: Normalization = { mean: half, std: half }
/** Beside the package's code, whether that runs from `src` or from `dist`. */
const builtinPath = fileURLToPath(new URL('../../assets/builtin.safetensors', import.meta.url))

/**
 * Opens a backbone: `builtin`, the path of a file of weights or of a folder with one (safetensors, .npz of JAX, .pth or .bin of
 * PyTorch), a model of the Hugging Face hub that `fetchModel` has brought (`owner/name`), or, with random weights, timm's
 * name of a model. A head with another number of classes, or of images where clips are wanted, is dropped, positions are
 * resized to the image size, all floats become float32.
 * @throws CheckpointError for weights that are missing, damaged, hold NaN or do not fit; DownloadError for models that were not
 * fetched; ConfigError for unknown names, and where the number of heads stays open
 */
export function openBackbone(nameOrPath: string, options: BackboneOptions = {}): OpenedBackbone {
  const { randomWeights = false, seed = 0, imageSize, numClasses, frames } = options
  const place = placeOfModel(nameOrPath)
  if (place.kind === 'named') {
    const config = modelConfig(nameOrPath, numClasses, { imageSize, frames })
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
 * The settings of a backbone, by name or path as `openBackbone` takes them, without its weights where a name tells them.
 * @throws as `openBackbone`
 */
export function openBackboneConfig(nameOrPath: string, options: BackboneOptions = {}): ModelConfig {
  if (placeOfModel(nameOrPath).kind !== 'named') return openBackbone(nameOrPath, options).config
  return modelConfig(nameOrPath, options.numClasses, options)
}

/** Where the files lie, and the name that finds them again: that of a repository has its commit. */
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

/** From Hugging Face's `preprocessor_config.json` or timm's `config.json`; 0.5 where neither tells. */
function normalizationIn(folder: string): Normalization {
  const hf = readIfThere(join(folder, 'preprocessor_config.json'), preprocessor)
  if (hf) return { mean: hf.image_mean, std: hf.image_std }
  const cfg = readIfThere(join(folder, 'config.json'), timm)?.pretrained_cfg
  return cfg ? { mean: cfg.mean, std: cfg.std } : plain
}

function readIfThere<T extends z.ZodType>(path: string, schema: T): z.output<T> | undefined {
  return existsSync(path) ? schema.safeParse(readJson(path, CheckpointError)).data : undefined
}
