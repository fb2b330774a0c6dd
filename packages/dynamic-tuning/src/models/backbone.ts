import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { buildModel, modelShapes } from './build-model.ts'
import { fitTensors } from './checkpoint-forms.ts'
import { compareShapes } from './compare-shapes.ts'
import { isClassifierWeight } from './heads/classifier.ts'
import { modelOf } from './model.ts'
import type { ModelConfig } from './model-config.ts'
import { checkModelConfig } from './named-model.ts'
import { clipSetting } from './samples/layout-of.ts'
import { sampleInput } from './samples/sample-layout.ts'

/** A backbone's settings and its weights under timm names; weights left out (a new head) are still to be drawn. */
export interface Backbone {
  readonly config: ModelConfig
  readonly tensors: Map<string, TensorData>
  /** Class names by index, where the head is that of the checkpoint and names are known. */
  readonly classes?: readonly string[]
}

/** New weights for all of a model, drawn with `seed`; for clips its head is left out. */
export function drawWeights(config: ModelConfig, seed: number): Map<string, TensorData> {
  const store = new WeightStore({ seed })
  const model = modelOf(config)
  buildModel(sampleInput(model.sample), store, model)
  const drawn = store.values()
  if (model.sample.word === 'image') return drawn
  return new Map([...drawn].filter(([name]) => !isClassifierWeight(name)))
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
export function fitBackbone(source: string, backbone: Backbone, options: FitOptions = {}): Backbone {
  const { config: own, tensors, classes } = backbone
  const ignore = own.numClasses === 0 ? [/^head\./] : []
  const ofClips = tensors.has('query_token')
  const stored = { ...own, numClasses: Math.max(1, own.numClasses), ...(ofClips && { frames: 1 }) }
  compareShapes(tensors, modelShapes(modelOf(stored)), { ignore, source })
  const { numClasses = own.numClasses, imageSize = own.imageSize, frames } = options
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ConfigError(
      `${source}: ${numClasses} classes. ${own.numClasses === 0 ? 'It has no head; give' : 'Give'} the number of classes.`,
    )
  const config = checkModelConfig({ ...own, numClasses, imageSize, ...clipSetting(frames) })
  const sameKind = ofClips === (modelOf(config).sample.word === 'clip')
  const sameClasses = sameKind && numClasses === own.numClasses
  const leftOut = (name: string): boolean =>
    sameKind ? !sameClasses && name.startsWith('head.') : isClassifierWeight(name)
  const kept = [...tensors].filter(([name]) => !leftOut(name))
  const fitted = fitTensors(source, new Map(kept), own, config)
  const named = classes !== undefined && sameClasses
  return named ? { config, tensors: fitted, classes } : { config, tensors: fitted }
}
