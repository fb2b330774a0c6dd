import { ConfigError } from '../../errors.ts'
import type { LayerSizes, OuterSite } from '../layer-sizes.ts'

/**
 * Settings that decide the graph of a Swin (arXiv:2103.14030). Lists have one entry per stage;
 * names are timm's.
 */
export interface SwinConfig {
  readonly family: 'swin'
  /** [height, width] of the images, in pixels. */
  readonly imageSize: readonly [number, number]
  readonly patchSize: number
  /** C of the first stage; it doubles with each stage. */
  readonly embedDim: number
  /** Blocks of each stage. */
  readonly depths: readonly number[]
  readonly numHeads: readonly number[]
  /** Side of a window in tokens; on a shorter axis the window is as long as the axis. */
  readonly windowSize: number
  readonly mlpRatio: number
  readonly layerNormEps: number
  readonly qkvBias: boolean
  /**
   * True if the linear map of patch merging has a bias, which folding in a scale and shift
   * adds. Default false.
   */
  readonly reductionBias?: boolean | undefined
}

/** One stage of a Swin. */
export interface SwinStage {
  /** Number of the stage, from 0. */
  readonly index: number
  readonly grid: readonly [number, number]
  readonly width: number
  readonly depth: number
  readonly heads: number
  /** Rows and columns of a window. */
  readonly window: readonly [number, number]
  /** Shift of the windows in odd blocks: half a window, or 0 on an axis that one window covers. */
  readonly shift: readonly [number, number]
}

/** The stages of a Swin, from the finest grid to the coarsest; grids are not checked here. */
export function swinStages(config: SwinConfig): SwinStage[] {
  const { imageSize, patchSize, embedDim, depths, numHeads, windowSize } = config
  return depths.map((depth, index) => {
    const grid = imageSize.map((size) => size / patchSize / 2 ** index) as [number, number]
    const window = grid.map((size) => Math.min(size, windowSize)) as [number, number]
    const shift = grid.map((size, axis) =>
      size <= (window[axis] as number) ? 0 : Math.floor((window[axis] as number) / 2),
    ) as [number, number]
    return {
      index,
      grid,
      width: embedDim * 2 ** index,
      depth,
      heads: numHeads[index] as number,
      window,
      shift,
    }
  })
}

/** Sizes of all blocks, stage by stage. */
export function swinLayers(config: SwinConfig): LayerSizes[] {
  return swinStages(config).flatMap(({ index, grid, width, depth, heads }) =>
    Array.from({ length: depth }, (_, block) => ({
      path: `layers.${index}.blocks.${block}`,
      width,
      // A ratio found by division may be just below the exact value.
      hidden: Math.floor(width * config.mlpRatio + 1e-6),
      heads,
      grid,
      prefix: 0,
    })),
  )
}

/** Linear maps and norms of a Swin outside its blocks, without the head. */
export function swinOuter(config: SwinConfig): OuterSite[] {
  const { embedDim, depths, reductionBias = false } = config
  const merging = swinStages(config)
    .slice(1)
    .flatMap(({ index, width }) => [
      { name: `layers.${index}.downsample.norm`, features: 2 * width, bias: true },
      { name: `layers.${index}.downsample.reduction`, features: width, bias: reductionBias },
    ])
  return [
    { name: 'patch_embed.proj', features: embedDim, bias: true },
    { name: 'patch_embed.norm', features: embedDim, bias: true },
    ...merging,
    { name: 'norm', features: embedDim * 2 ** (depths.length - 1), bias: true },
  ]
}

/** Image sides must be multiples of this, in pixels, so that windows cover the grid of every stage. */
export function swinUnit({ patchSize, windowSize, depths }: Omit<SwinConfig, 'imageSize'>): number {
  return patchSize * windowSize * 2 ** (depths.length - 1)
}

/** `config` itself. @throws ConfigError if sizes do not fit together, or if windows do not cover the image */
export function checkSwinConfig<C extends SwinConfig>(config: C): C {
  const { depths, numHeads, windowSize } = config
  if (depths.length === 0 || depths.length !== numHeads.length)
    throw new ConfigError(
      `model: ${depths.length} stages with ${numHeads.length} numbers of heads. Give one for each stage.`,
    )
  if (!Number.isInteger(windowSize) || windowSize < 1)
    throw new ConfigError(`model: windows of ${windowSize} tokens. Give a whole number above 0.`)
  for (const stage of swinStages(config)) checkStage(stage, config)
  return config
}

function checkStage({ index, grid, width, heads, window }: SwinStage, config: SwinConfig): void {
  if (width % heads !== 0)
    throw new ConfigError(
      `model: ${heads} heads do not divide the ${width} features of stage ${index}. Choose other sizes.`,
    )
  const even = index === config.depths.length - 1 || grid.every((size) => size % 2 === 0)
  const covered = grid.every((size, axis) => Number.isInteger(size) && size % (window[axis] as number) === 0)
  if (covered && even && grid.every((size) => size > 0)) return
  const { imageSize, patchSize, windowSize } = config
  throw new ConfigError(
    `model: images of ${imageSize.join(' x ')} make a grid of ${grid.join(' x ')} in stage ${index} of patch ${patchSize}, which windows of ${windowSize} x ${windowSize} do not cover${covered ? ' once it is halved' : ''}. Choose another image size: multiples of ${swinUnit(config)} always fit.`,
  )
}
