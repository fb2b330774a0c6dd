import { ConfigError } from '../errors.ts'
import { isVit } from './backbone-config.ts'
import { checkBackboneConfig, namedBackbone, namesShown } from './families.ts'
import { withSegmentation } from './heads/segmentation/with-segmentation.ts'
import type { ModelConfig } from './model-config.ts'
import { clipSetting, layoutOf, type SampleSettings } from './samples/layout-of.ts'

/**
 * Settings of a model of any family by timm's name, with or without a tag after a dot. Options override what
 * the name says: `imageSize` is [height, width] in pixels, `frames` the frames of a clip, `segmentation` a
 * head that labels pixels. Default: a classifier of images.
 * @throws ConfigError for unknown names, and for sizes that do not fit
 */
export function modelConfig(
  name: string,
  numClasses = 1000,
  { imageSize, frames, segmentation }: Partial<SampleSettings> & SegmentationChoice = {},
): ModelConfig {
  const named = namedBackbone(name)
  if (named === undefined)
    throw new ConfigError(`model: unknown name ${name}. Use ${namesShown}, builtin, or a path.`)
  const config = imageSize ? { ...named, imageSize } : named
  const rest = { numClasses, ...clipSetting(frames) }
  const model: ModelConfig = isVit(config)
    ? { ...config, globalPool: 'token', ...rest }
    : { ...config, ...rest }
  return checkModelConfig(segmentation ? withSegmentation(model, segmentation) : model)
}

/** The head that labels pixels, if a model is to do so. */
export type SegmentationChoice = Pick<ModelConfig, 'segmentation'>

/**
 * `config` itself. @throws ConfigError if sizes do not fit together or to the image, or if a Swin
 * is given clips
 */
export function checkModelConfig<C extends ModelConfig>(config: C): C {
  checkBackboneConfig(config)
  const { word, images } = layoutOf(config)
  if (word === 'clip' && !isVit(config))
    throw new ConfigError(
      `model: clips of ${images} frames for a Swin, but the head of clips attends to the tokens of a ViT. Choose a ViT, or classify images.`,
    )
  return config
}
