import { ConfigError } from '../errors.ts'
import type { SwinConfig } from './swin/swin-config.ts'
import type { VitConfig } from './vit/vit-config.ts'
import type { VitdetConfig } from './vitdet/vitdet-config.ts'

/** Settings that decide the graph of a backbone of any family; `family` is absent for ViTs. */
export type BackboneConfig = VitConfig | SwinConfig | VitdetConfig

/**
 * `config` as a ViT's, for methods that work on ViTs only and have refused other families
 * before. @throws ConfigError
 */
export function asVit<C extends BackboneConfig>(config: C): Extract<C, VitConfig> {
  if (isVit(config)) return config
  throw new ConfigError(
    'model: this is made for one sequence of tokens of one width, as in a ViT. Choose a ViT.',
  )
}

/** True for a ViT: one sequence of tokens, class token first. */
export function isVit<C extends BackboneConfig>(config: C): config is Extract<C, VitConfig> {
  return config.family === undefined || config.family === 'vit'
}
