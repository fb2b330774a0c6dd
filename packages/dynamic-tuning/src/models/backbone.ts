import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { buildModel, modelShapes } from './build-model.ts'
import { fitTensors } from './checkpoint-forms.ts'
import { compareShapes } from './compare-shapes.ts'
import { isHeadWeight } from './heads/head-of.ts'
import type { SegmentationSettings } from './heads/segmentation/settings.ts'
import { withSegmentation } from './heads/segmentation/with-segmentation.ts'
import { modelOf } from './model.ts'
import type { ModelConfig } from './model-config.ts'
import { checkModelConfig } from './named-model.ts'
import { clipSetting } from './samples/layout-of.ts'
import { sampleInput } from './samples/sample-layout.ts'

/** A backbone's settings and its weights under timm names. Missing weights (a new head) are drawn later. */
export interface Backbone {
  readonly config: ModelConfig
  readonly tensors: Map<string, TensorData>
  /** Class names by index, if the head is the checkpoint's and the names are known. */
  readonly classes?: readonly string[]
}

/** New random weights for a model, drawn with `seed`; only classifiers of images get some for their head. */
export function drawWeights(config: ModelConfig, seed: number): Map<string, TensorData> {
  const store = new WeightStore({ seed })
  const model = modelOf(config)
  buildModel(sampleInput(model.sample), store, model)
  const drawn = store.values()
  if (model.sample.word === 'image' && config.segmentation === undefined) return drawn
  return new Map([...drawn].filter(([name]) => !isHeadWeight(name)))
}

/** The task that a backbone is prepared for. */
export interface FitOptions {
  /**
   * Classes of the task; if they differ from the checkpoint's, its head is dropped.
   * Default: the checkpoint's.
   */
  readonly numClasses?: number | undefined
  /** [height, width] in pixels. Default: the checkpoint's. */
  readonly imageSize?: readonly [number, number] | undefined
  /** T, frames of a clip. Default: the task has images. */
  readonly frames?: number | undefined
  /** The head that labels pixels. Default: the task is to classify. */
  readonly segmentation?: SegmentationSettings | undefined
}

/**
 * Checks a backbone and fits it to a task: every tensor is present and has the right shape, positions are
 * resized to the image size (the class token's is kept), and the head is dropped if it has other classes or
 * another task; so is a final norm that a new head does not read.
 * @throws CheckpointError listing all missing, unexpected and misshaped tensors; ConfigError for sizes that
 * do not fit
 */
export function fitBackbone(source: string, backbone: Backbone, options: FitOptions = {}): Backbone {
  const { config: own, tensors, classes } = backbone
  const ignore = own.numClasses === 0 ? [/^head\./] : []
  const ofClips = tensors.has('query_token')
  const stored = { ...own, numClasses: Math.max(1, own.numClasses), ...(ofClips && { frames: 1 }) }
  compareShapes(tensors, modelShapes(modelOf(stored)), { ignore, source })
  const { numClasses = own.numClasses, imageSize = own.imageSize } = options
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ConfigError(
      `${source}: ${numClasses} classes. ${own.numClasses === 0 ? 'It has no head; give' : 'Give'} the number of classes.`,
    )
  const config = checkModelConfig(withHead({ ...own, numClasses, imageSize }, options))
  const model = modelOf(config)
  const sameKind = config.segmentation === undefined && ofClips === (model.sample.word === 'clip')
  const sameClasses = sameKind && numClasses === own.numClasses
  const read = config.segmentation && modelShapes(model)
  const leftOut = (name: string): boolean =>
    sameKind ? !sameClasses && name.startsWith('head.') : isHeadWeight(name) || read?.has(name) === false
  const kept = [...tensors].filter(([name]) => !leftOut(name))
  const fitted = fitTensors(source, new Map(kept), own, config)
  const named = classes !== undefined && sameClasses
  return named ? { config, tensors: fitted, classes } : { config, tensors: fitted }
}

/** The settings with the head of the task. */
function withHead(config: ModelConfig, { frames, segmentation }: FitOptions): ModelConfig {
  const sampled = { ...config, ...clipSetting(frames) }
  return segmentation ? withSegmentation(sampled, segmentation) : sampled
}
