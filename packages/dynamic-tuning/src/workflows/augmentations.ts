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
}

/**
 * What holds where nothing is said, for any kind of data: whether a crop or a mirror image keeps a label true is not to be seen from files,
 * and the same images must train alike in whatever they are stored.
 */
export const usualAugmentation: Augmentation = 'none'

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
