import { linear, reshape, type Tensor, transpose } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { truncatedNormal, zeros } from './initializers.ts'
import type { AfterLinear } from './linear.ts'
import type { Weights } from './weight-store.ts'

/**
 * Cuts images into patches of `patch` x `patch` pixels and maps each to `width` features. This is timm's
 * `patch_embed.proj`, a convolution whose stride equals its kernel size, computed as a matrix product.
 * `after` is called after the map `proj`.
 * images: [B, 3, H, W] -> [B, H/patch * W/patch, width].
 * @throws ConfigError if the image size is not a multiple of the patch size
 */
export function patchEmbed(
  images: Tensor,
  weights: Weights,
  { patchSize: patch, embedDim: width }: { readonly patchSize: number; readonly embedDim: number },
  after: AfterLinear = (y) => y,
): Tensor {
  const [batch, channels, height, columns] = images.shape as [string | number, number, number, number]
  if (height % patch !== 0 || columns % patch !== 0)
    throw new ConfigError(
      `patchEmbed: images of ${height} x ${columns} are no multiple of the patch ${patch}. Choose another image size.`,
    )
  const [rows, cols] = [height / patch, columns / patch]
  const cut = transpose(reshape(images, [batch, channels, rows, patch, cols, patch]), [0, 2, 4, 1, 3, 5])
  const patches = reshape(cut, [batch, rows * cols, channels * patch * patch])
  const weight = weights.get('proj.weight', [width, channels, patch, patch], truncatedNormal(0.02))
  const flat = reshape(weight, [width, channels * patch * patch])
  return after(linear(patches, flat, weights.get('proj.bias', [width], zeros)), patches, 'proj')
}
