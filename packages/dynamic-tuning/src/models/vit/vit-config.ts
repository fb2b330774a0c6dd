import { ConfigError } from '../../errors.ts'
import type { LayerSizes, OuterSite } from '../layer-sizes.ts'

/** Settings that decide the graph of a ViT. Sizes in pixels, patches or features; names are timm's. */
export interface VitConfig {
  /** Tells ViTs from other families, which always name theirs. */
  readonly family?: 'vit' | undefined
  /** [height, width] of the images. */
  readonly imageSize: readonly [number, number]
  readonly patchSize: number
  readonly embedDim: number
  readonly depth: number
  readonly numHeads: number
  readonly mlpRatio: number
  readonly layerNormEps: number
  readonly qkvBias: boolean
  /** Initial value of the factors of layer scale, timm's `init_values`. Absent: no layer scale. */
  readonly initValues?: number | undefined
  /** Register tokens (arXiv:2309.16588) between class token and patches, timm's `reg_tokens`. Default 0. */
  readonly regTokens?: number | undefined
  /** True if `pos_embed` has rows for patches only, none for the class token (DeiT-3). Default false. */
  readonly noEmbedClass?: boolean | undefined
  /**
   * True if every layer adds a learned bias to the scores of attention for each distance of two patches, as
   * BEiT and official segmentation models do. No checkpoint that is read here has its tables, so they start
   * from 0 and every method trains them. Default false.
   */
  readonly relativePositionBias?: boolean | undefined
}

/** Rows and columns of patches. */
export function gridOf({ imageSize, patchSize }: VitConfig): readonly [number, number] {
  return [imageSize[0] / patchSize, imageSize[1] / patchSize]
}

/** N, the number of patch tokens of an image. */
export function patchCount(config: VitConfig): number {
  const [rows, columns] = gridOf(config)
  return rows * columns
}

/**
 * Number of tokens before the patches (class token and registers): always active, and not counted in rates.
 */
export function prefixTokens({ regTokens = 0 }: Pick<VitConfig, 'regTokens'>): number {
  return 1 + regTokens
}

/** Number of tokens of an image. */
export function tokenCount(config: VitConfig): number {
  return prefixTokens(config) + patchCount(config)
}

/**
 * Rows of `pos_embed` before those of the patches: one for the class token, or none. Registers
 * have no position.
 */
export function positionPrefix({ noEmbedClass = false }: Pick<VitConfig, 'noEmbedClass'>): 0 | 1 {
  return noEmbedClass ? 0 : 1
}

/** Features inside the MLP, rounded down as in timm. */
export function hiddenFeatures({ embedDim, mlpRatio }: Pick<VitConfig, 'embedDim' | 'mlpRatio'>): number {
  // A ratio found by division may be just below the exact value.
  return Math.floor(embedDim * mlpRatio + 1e-6)
}

/** Sizes of all layers, all the same. */
export function vitLayers(config: VitConfig): LayerSizes[] {
  const { depth, embedDim: width, numHeads: heads } = config
  const sizes = {
    width,
    hidden: hiddenFeatures(config),
    heads,
    grid: gridOf(config),
    prefix: prefixTokens(config),
  }
  return Array.from({ length: depth }, (_, index) => ({ path: `blocks.${index}`, ...sizes }))
}

/**
 * Linear maps and norms of a ViT outside its layers. A head that reads tokens before the final norm
 * may replace that.
 */
export function vitOuter({ embedDim: features }: VitConfig): OuterSite[] {
  return ['patch_embed.proj', 'norm'].map((name) => ({ name, features, bias: true }))
}

/** Settings of a ViT where every patch gets an output of its own: attention has biases for distances. */
export function vitDense({ relativePositionBias = true }: VitConfig): Partial<VitConfig> {
  return { relativePositionBias }
}

/** Patterns of the weights of a ViT that its checkpoints lack: see `relativePositionBias`. */
export function vitNewWeights({ relativePositionBias = false }: VitConfig): RegExp[] {
  return relativePositionBias ? [/\.attn\.relative_position_bias_table$/] : []
}

/** `config` itself. @throws ConfigError if sizes do not fit together */
export function checkVitConfig<C extends VitConfig>(config: C): C {
  const { imageSize, patchSize, embedDim, numHeads, initValues = 1, regTokens = 0 } = config
  if (imageSize.some((size) => !Number.isInteger(size / patchSize) || size <= 0))
    throw new ConfigError(
      `model: images of ${imageSize.join(' x ')} are no multiple of the patch ${patchSize}. Choose another image size.`,
    )
  if (embedDim % numHeads !== 0)
    throw new ConfigError(`model: ${numHeads} heads do not divide ${embedDim} features. Choose other sizes.`)
  if (!(initValues > 0))
    throw new ConfigError(
      `model: layer scale starts from ${initValues}. Give a positive number, or leave initValues out.`,
    )
  if (!Number.isInteger(regTokens) || regTokens < 0)
    throw new ConfigError(`model: ${regTokens} register tokens. Give a whole number, or leave regTokens out.`)
  return config
}
