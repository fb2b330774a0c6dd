import type { Dataset } from '../data/example.ts'
import { parseLocation } from '../data/location.ts'
import type { AugmentSettings, TransformSettings } from '../data/transforms/transforms.ts'
import type { Normalization } from '../io/backbone.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'
import type { Augmentation } from './settings/image-settings.ts'

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
/**
 * What holds where nothing is said. `none` for any kind of images: whether a crop or a mirror image keeps a label true is not to be seen
 * from files, and the same images must train alike in whatever they are stored. `short-side` for videos, as in the paper; drawn ones ask
 * which way things move.
 */
export function usualAugmentation(data: string, { kind }: Pick<Dataset, 'kind'>): Augmentation {
  return kind === 'clips' && parseLocation(data).kind !== 'builtin' ? 'short-side' : 'none'
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
