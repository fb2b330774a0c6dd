import { ConfigError } from '../errors.ts'
import type { SwinConfig } from './swin/swin-config.ts'
import type { VitConfig } from './vit/vit-config.ts'

/** Everything that decides the graph of a backbone, of whatever family; `family` is absent for ViTs. */
export type BackboneConfig = VitConfig | SwinConfig

/** `config` as that of a ViT, for methods that suit no other family: they refuse those before. @throws ConfigError */
export function asVit<C extends BackboneConfig>(config: C): Extract<C, VitConfig> {
  if (isVit(config)) return config
  throw new ConfigError(
    'model: this is made for one sequence of tokens of one width, as in a ViT. Choose a ViT.',
  )
}

/** True for a ViT: one sequence of tokens, class token first. */
export function isVit<C extends BackboneConfig>(config: C): config is Extract<C, VitConfig> {
  return config.family !== 'swin'
}
