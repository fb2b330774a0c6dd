import type { AugmentSettings, TransformSettings } from '../data/transforms.ts'
import { isListFolder } from '../data/vtab.ts'
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
}

/**
 * `light` for folders and archives of photos, `none` otherwise: drawn tasks ask for places and angles, and VTAB's recipe,
 * whose list files these are, does not augment.
 */
export function usualAugmentation(data: string): Augmentation {
  return data.startsWith('builtin:') || isListFolder(data) ? 'none' : 'light'
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
