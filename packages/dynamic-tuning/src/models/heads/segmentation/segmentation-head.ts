import { ConfigError } from '../../../errors.ts'
import type { BackboneConfig } from '../../backbone-config.ts'
import { layersOf } from '../../families.ts'
import type { Head } from '../../head.ts'
import { linearHead } from './linear-head.ts'
import type { SegmentationOutputs } from './outputs.ts'
import type { SegmentationHeadName, SegmentationSettings } from './settings.ts'
import { lossBytes, uperBytes } from './training-bytes.ts'
import { type UperHeadSettings, uperHead } from './upernet-head.ts'
import { uperReads } from './upernet-reads.ts'

/** A head that labels pixels with `classes` classes, for a backbone. @throws ConfigError for its settings */
export function segmentationHead(
  classes: number,
  settings: SegmentationSettings,
  config: BackboneConfig,
): Head<SegmentationOutputs> {
  const { head = usualSegmentationHead(config), dropout = 0 } = settings
  if (!(dropout >= 0 && dropout < 1))
    throw new ConfigError(`model: the head drops ${dropout} of its features. Give 0.1, or 0 for none.`)
  const sizes = { classes, imageSize: config.imageSize }
  if (head === 'linear') return { ...linearHead({ classes, dropout }), trainingBytes: lossBytes(sizes) }
  const uper = uperSettings(classes, settings, config)
  const places = uper.pyramid.enlarged ** 2 * placesOf(config)
  return { ...uperHead(uper), trainingBytes: uperBytes(sizes, uper.channels, places) }
}

/** Places of the grid of a backbone's first layer. */
function placesOf(config: BackboneConfig): number {
  const [rows = 0, columns = 0] = layersOf(config)[0]?.grid ?? []
  return rows * columns
}

/** The settings of UPerNet for a backbone, with defaults. @throws ConfigError for layers that do not fit */
export function uperSettings(
  classes: number,
  settings: SegmentationSettings,
  config: BackboneConfig,
): UperHeadSettings {
  const { auxiliaryChannels = 256, dropout = 0.1, layers: wanted } = settings
  const channels = settings.channels ?? usualChannels(config)
  const chosen = uperReads(layersOf(config), { epsilon: config.layerNormEps, wanted })
  return { classes, channels, auxiliaryChannels, dropout, ...chosen }
}

/** Features of UPerNet's maps, as in official models: those of all layers of a ViT, 512 where they differ. */
function usualChannels(config: BackboneConfig): number {
  const widths = new Set(layersOf(config).map(({ width }) => width))
  const [width = 512, ...others] = widths
  return others.length === 0 ? width : 512
}

/** Features of a token from which on a backbone is large enough for UPerNet: those of ViT-S. */
const largeFeatures = 384

/** The head for a backbone if none is asked for: UPerNet, or a linear one for small backbones. */
export function usualSegmentationHead(config: BackboneConfig): SegmentationHeadName {
  return (layersOf(config).at(-1)?.width ?? 0) >= largeFeatures ? 'upernet' : 'linear'
}
