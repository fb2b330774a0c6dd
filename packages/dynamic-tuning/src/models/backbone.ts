import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { compareShapes } from './compare-shapes.ts'
import { buildModel, checkModelConfig, fitTensors, modelShapes } from './families.ts'
import { isOfHead, sampleInput } from './heads/registry.ts'
import type { ModelHooks } from './hooks.ts'
import { isVit, type ModelConfig } from './model-config.ts'
import type { VitConfig } from './vit/vit-config.ts'

/** A backbone's settings and its weights under timm names; weights left out (a new head) are still to be drawn. */
export interface Backbone<C extends ModelConfig = ModelConfig> {
  readonly config: C
  readonly tensors: Map<string, TensorData>
  /** Class names by index, where the head is that of the checkpoint and names are known. */
  readonly classes?: readonly string[]
}

/** Names and shapes of all weights of a ViT, with those a method's hooks ask for. */
export function vitShapes(config: VitConfig, hooks?: ModelHooks): Map<string, readonly number[]> {
  return modelShapes(config, hooks)
}

/** New weights for all of a model, drawn with `seed`; for clips its head is left out. */
export function drawWeights(config: ModelConfig, seed: number): Map<string, TensorData> {
  const store = new WeightStore({ seed })
  buildModel(sampleInput(config), store, config)
  const drawn = store.values()
  if (config.frames === undefined) return drawn
  return new Map([...drawn].filter(([name]) => !isOfHead(name)))
}

/** What a backbone is wanted for. */
export interface FitOptions {
  /** Classes of the task; another number than the checkpoint's drops its head. Default: the checkpoint's. */
  readonly numClasses?: number | undefined
  /** [height, width] in pixels. Default: the checkpoint's. */
  readonly imageSize?: readonly [number, number] | undefined
  /** T, where clips of so many frames are to be classified. Default: images are. */
  readonly frames?: number | undefined
}

/**
 * A checked backbone for a task: every tensor is there and fits, positions are resized to the image size (the class
 * token's is kept), and a head with other classes, or for clips instead of images, is left out.
 * @throws CheckpointError listing all missing, unexpected and misshaped tensors; ConfigError for sizes that do not fit
 */
export function fitBackbone<C extends ModelConfig>(
  source: string,
  backbone: Backbone<C>,
  options: FitOptions = {},
): Backbone<C> {
  const { config: own, tensors, classes } = backbone
  const ignore = own.numClasses === 0 ? [/^head\./] : []
  const ofClips = isVit(own) && tensors.has('query_token')
  const stored = { ...own, numClasses: Math.max(1, own.numClasses), ...(ofClips && { frames: 1 }) }
  compareShapes(tensors, modelShapes(stored), { ignore, source })
  const { numClasses = own.numClasses, imageSize = own.imageSize, frames } = options
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ConfigError(
      `${source}: ${numClasses} classes. ${own.numClasses === 0 ? 'It has no head; give' : 'Give'} the number of classes.`,
    )
  const config = checkModelConfig({ ...own, numClasses, imageSize, ...(frames !== undefined && { frames }) })
  const sameKind = ofClips === (frames !== undefined)
  const sameClasses = sameKind && numClasses === own.numClasses
  const leftOut = (name: string): boolean =>
    sameKind ? !sameClasses && name.startsWith('head.') : isOfHead(name)
  const kept = [...tensors].filter(([name]) => !leftOut(name))
  const fitted = fitTensors(source, new Map(kept), own, config)
  const named = classes !== undefined && sameClasses
  return named ? { config, tensors: fitted, classes } : { config, tensors: fitted }
}
