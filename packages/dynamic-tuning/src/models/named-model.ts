import { ConfigError } from '../errors.ts'
import { isVit } from './backbone-config.ts'
import { checkBackboneConfig, namedBackbone, namesShown } from './families.ts'
import type { ModelConfig } from './model-config.ts'
import { clipSetting, layoutOf, type SampleSettings } from './samples/layout-of.ts'

/**
 * Settings of a classifier of any family by timm's name, with or without a tag after a dot. Options override
 * what the name says: `imageSize` is [height, width] in pixels, `frames` the frames of a clip.
 * @throws ConfigError for unknown names, and for sizes that do not fit
 */
export function modelConfig(
  name: string,
  numClasses = 1000,
  { imageSize, frames }: Partial<SampleSettings> = {},
): ModelConfig {
  const named = namedBackbone(name)
  if (named === undefined)
    throw new ConfigError(`model: unknown name ${name}. Use ${namesShown}, builtin, or a path.`)
  const config = imageSize ? { ...named, imageSize } : named
  const rest = { numClasses, ...clipSetting(frames) }
  return checkModelConfig(
    isVit(config) ? { ...config, globalPool: 'token', ...rest } : { ...config, ...rest },
  )
}

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
