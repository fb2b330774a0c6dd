import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelPlace } from '../hooks.ts'
import type { Sites } from '../sites.ts'
import type { VitConfig } from '../vit-config.ts'

/**
 * What stands around a backbone: how a sample becomes images, and what their tokens are pooled into before the linear
 * classifier `head`. A sample is what has one label: an image, or a clip.
 */
export interface ModelHead {
  /** First words of the names of its weights. Every method trains them, and no table counts them as a method's. */
  readonly modules: readonly string[]
  /** A sample, without the batch. */
  sampleShape(config: VitConfig): readonly number[]
  /** Images of a sample, each a row of its own in the backbone. */
  imagesIn(config: VitConfig): number
  /** Samples [B, ...] as images [B * imagesIn, 3, H, W]: those of a sample follow one another. */
  images(samples: Tensor, config: VitConfig): Tensor
  /** Whether of the backbone's last layer the class token alone is read. */
  readsClassToken(config: VitConfig): boolean
  /** What enters the classifier, [B, F]. features: tokens after the final norm, [B * imagesIn, P + N, C]. */
  pool(features: Tensor, place: ModelPlace, sites: Sites): Tensor
}
