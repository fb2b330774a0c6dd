import type { Dataset } from '../data/example.ts'
import { parseLocation } from '../data/location.ts'
import type { AugmentSettings, TransformSettings } from '../data/transforms/transforms.ts'
import type { Normalization } from '../io/backbone.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'
import type { Augmentation } from './settings/image-settings.ts'

const ratio = [3 / 4, 4 / 3] as const

/** Augmentations by name. `light` suits photos of things; use `none` if position or orientation matters. */
export const augmentations: Readonly<Record<Augmentation, AugmentSettings | undefined>> = {
  none: undefined,
  // Complete image sets: the paper's random resized crop (Table 14), with the limits, the mirroring and the
  // cutting of boxes of the official code (datasets/image_datasets.py, util/crop.py).
  'resized-crop': { randomResizedCrop: { scale: [0.08, 1], ratio, clamped: true }, flip: true },
  light: { randomResizedCrop: { scale: [0.6, 1], ratio }, flip: true },
  strong: {
    randomResizedCrop: { scale: [0.3, 1], ratio },
    flip: true,
    trivialAugment: true,
    randomErasing: 0.1,
  },
  // Kinetics: the paper's shorter side of 224 to 256 (Table 15; to 258 in the official code) and a random
  // 224 x 224 crop, mirrored half of the time (official code, video_datasets.py).
  'short-side': { shortSideJitter: [1, 256 / 224], flip: true },
  // Something-Something V2: the paper's RandAugment and random resized crop (Table 15), in the order and with
  // the strength and limits of the official code (video_datasets.py: rand-m7-n4-mstd0.5-inc1). Never
  // mirrored: left and right matter.
  'rand-augment': {
    randAugment: { magnitude: 7, layers: 4, deviation: 0.5 },
    randomResizedCrop: { scale: [0.08, 1], ratio },
  },
}

/**
 * The default augmentation. For images it is `none`: files do not show whether cropping or mirroring keeps a
 * label true, and the same images must train alike in any storage format. For videos it is `short-side` as in
 * the paper, and `none` for drawn ones, whose labels depend on the direction of motion.
 */
export function usualAugmentation(data: string, { kind }: Pick<Dataset, 'kind'>): Augmentation {
  return kind === 'clips' && parseLocation(data).kind !== 'builtin' ? 'short-side' : 'none'
}

type Shown = Pick<FinetuneSettings, 'imageSize' | 'resize' | 'cropRatio' | 'augment'>

/** The transform of images in evaluation. */
export function evaluationTransform(
  settings: Omit<Shown, 'augment'>,
  { mean, std }: Normalization,
): TransformSettings {
  const { imageSize, resize, cropRatio } = settings
  const [height, width] = imageSize
  return { height, width, resize, ...(cropRatio !== undefined && { cropRatio }), mean, std }
}

/** The transform of images in training. */
export function trainingTransform(settings: Shown, normalization: Normalization): TransformSettings {
  const augment = augmentations[settings.augment]
  return { ...evaluationTransform(settings, normalization), ...(augment && { augment }) }
}
