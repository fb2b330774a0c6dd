import { input, type TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { compareShapes } from './compare-shapes.ts'
import { buildModel, checkModelConfig, fitTensors, modelShapes } from './families.ts'
import type { ModelHooks } from './hooks.ts'
import type { ModelConfig } from './model-config.ts'
import type { VitConfig } from './vit-config.ts'

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

/** New weights for all of a model, drawn with `seed`. */
export function drawWeights(config: ModelConfig, seed: number): Map<string, TensorData> {
  const store = new WeightStore({ seed })
  buildModel(input('images', ['B', 3, ...config.imageSize]), store, config)
  return store.values()
}

/** What a backbone is wanted for. */
export interface FitOptions {
  /** Classes of the task; another number than the checkpoint's drops its head. Default: the checkpoint's. */
  readonly numClasses?: number | undefined
  /** [height, width] in pixels. Default: the checkpoint's. */
  readonly imageSize?: readonly [number, number] | undefined
}

/**
 * A checked backbone for a task: every tensor is there and fits, positions are resized to the image size (the class
 * token's is kept), and a head with other classes is left out.
 * @throws CheckpointError listing all missing, unexpected and misshaped tensors; ConfigError for sizes that do not fit
 */
export function fitBackbone<C extends ModelConfig>(
  source: string,
  backbone: Backbone<C>,
  options: FitOptions = {},
): Backbone<C> {
  const { config: own, tensors, classes } = backbone
  const ignore = own.numClasses === 0 ? [/^head\./] : []
  compareShapes(tensors, modelShapes({ ...own, numClasses: Math.max(1, own.numClasses) }), { ignore, source })
  const { numClasses = own.numClasses, imageSize = own.imageSize } = options
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ConfigError(
      `${source}: ${numClasses} classes. ${own.numClasses === 0 ? 'It has no head; give' : 'Give'} the number of classes.`,
    )
  const config = checkModelConfig({ ...own, numClasses, imageSize })
  const kept = [...tensors].filter(([name]) => numClasses === own.numClasses || !name.startsWith('head.'))
  const fitted = fitTensors(source, new Map(kept), own, config)
  const named = classes !== undefined && numClasses === own.numClasses
  return named ? { config, tensors: fitted, classes } : { config, tensors: fitted }
}
