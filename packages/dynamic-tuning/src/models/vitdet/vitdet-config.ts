import { ConfigError } from '../../errors.ts'
import type { LayerSizes, OuterSite } from '../layer-sizes.ts'

/** Settings that decide the graph of a ViTDet backbone (arXiv:2203.16527). Names are timm's. */
export interface VitdetConfig {
  readonly family: 'vitdet'
  /** [height, width] of the images, in pixels. */
  readonly imageSize: readonly [number, number]
  readonly patchSize: number
  readonly embedDim: number
  readonly depth: number
  readonly numHeads: number
  readonly mlpRatio: number
  readonly layerNormEps: number
  readonly qkvBias: boolean
  /** Side of a window in tokens; the grid is padded to a multiple of it. */
  readonly windowSize: number
  /** Numbers of the blocks whose tokens attend to all others; the rest attend inside windows. */
  readonly globalBlocks: readonly number[]
  /** Rows and columns of the stored `pos_embed`, which is resized to the grid of the image. */
  readonly positionGrid: readonly [number, number]
  /** Grid for which global blocks store their relative positions. Default: that of the image. */
  readonly relativeGrid?: readonly [number, number] | undefined
}

/** Rows and columns of patches. */
export function vitdetGrid({
  imageSize,
  patchSize,
}: Pick<VitdetConfig, 'imageSize' | 'patchSize'>): readonly [number, number] {
  return [imageSize[0] / patchSize, imageSize[1] / patchSize]
}

/** Sizes of all blocks, all the same; there is no class token. */
export function vitdetLayers(config: VitdetConfig): LayerSizes[] {
  const { depth, embedDim: width, numHeads: heads, mlpRatio } = config
  // A ratio found by division may be just below the exact value.
  const hidden = Math.floor(width * mlpRatio + 1e-6)
  const sizes = { width, hidden, heads, grid: vitdetGrid(config), prefix: 0 }
  return Array.from({ length: depth }, (_, index) => ({ path: `blocks.${index}`, ...sizes }))
}

/** The linear map outside the blocks; there is no final norm. */
export function vitdetOuter({ embedDim: features }: VitdetConfig): OuterSite[] {
  return [{ name: 'patch_embed.proj', features, bias: true }]
}

/** @throws ConfigError if sizes do not fit together */
export function checkVitdetConfig(config: VitdetConfig): void {
  const { imageSize, patchSize, embedDim, numHeads, windowSize, globalBlocks, depth } = config
  if (imageSize.some((size) => !Number.isInteger(size / patchSize) || size <= 0))
    throw new ConfigError(
      `model: images of ${imageSize.join(' x ')} are no multiple of the patch ${patchSize}. Choose another image size.`,
    )
  if (embedDim % numHeads !== 0)
    throw new ConfigError(`model: ${numHeads} heads do not divide ${embedDim} features. Choose other sizes.`)
  if (!Number.isInteger(windowSize) || windowSize < 1)
    throw new ConfigError(`model: windows of ${windowSize} tokens. Give a whole number above 0.`)
  const wrong = globalBlocks.find((block) => !Number.isInteger(block) || block < 0 || block >= depth)
  if (wrong !== undefined)
    throw new ConfigError(
      `model: block ${wrong} is to attend to all tokens, but blocks are 0 to ${depth - 1}. Correct the list.`,
    )
}
