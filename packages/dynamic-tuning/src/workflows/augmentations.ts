import type { Dataset } from '../data/example.ts'
import { isListFolder } from '../data/list.ts'
import type { AugmentSettings, TransformSettings } from '../data/transforms.ts'
import type { Normalization } from '../io/backbone.ts'
import type { Augmentation, FinetuneSettings } from './finetune-settings.ts'

const ratio = [3 / 4, 4 / 3] as const

/** Augmentations by name. `light` suits photos of things; a task where place or side matters wants `none`. */
export const augmentations: Readonly<Record<Augmentation, AugmentSettings | undefined>> = {
  none: undefined,
  // torchvision's RandomResizedCrop with its defaults, and nothing else: the paper's recipe for complete sets of images.
  'resized-crop': { randomResizedCrop: { scale: [0.08, 1], ratio } },
  light: { randomResizedCrop: { scale: [0.6, 1], ratio }, flip: true },
  strong: {
    randomResizedCrop: { scale: [0.3, 1], ratio },
    flip: true,
    trivialAugment: true,
    randomErasing: 0.1,
  },
  // Kinetics in the paper (Table 15): the shorter side 224 to 256, a random 224 x 224 of it, mirrored half of the time.
  'short-side': { shortSideJitter: [1, 256 / 224], flip: true },
  // Something-Something V2 (Table 15): never mirrored, left and right have a meaning.
  'rand-augment': {
    randomResizedCrop: { scale: [0.08, 1], ratio },
    randAugment: { magnitude: 7, layers: 4, deviation: 0.5 },
  },
}

/**
 * `light` for folders and archives of photos, `short-side` for videos, `none` otherwise: drawn tasks ask for places and angles, and VTAB's recipe,
 * whose list files these are, does not augment.
 */
export function usualAugmentation(data: string, kind: Dataset['kind'] = 'images'): Augmentation {
  if (data.startsWith('builtin:') || isListFolder(data)) return 'none'
  return kind === 'clips' ? 'short-side' : 'light'
}

type Shown = Pick<FinetuneSettings, 'imageSize' | 'resize' | 'cropRatio' | 'augment'>

/** What evaluation shows a run's model. */
export function evaluationTransform(
  settings: Omit<Shown, 'augment'>,
  { mean, std }: Normalization,
): TransformSettings {
  const { imageSize, resize, cropRatio } = settings
  const [height, width] = imageSize
  return { height, width, resize, ...(cropRatio !== undefined && { cropRatio }), mean, std }
}

/** What training shows it. */
export function trainingTransform(settings: Shown, normalization: Normalization): TransformSettings {
  const augment = augmentations[settings.augment]
  return { ...evaluationTransform(settings, normalization), ...(augment && { augment }) }
}
