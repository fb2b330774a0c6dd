import type { ModelConfig } from '../../models/model-config.ts'

/** What a complete set of the paper is known by. */
interface PaperSet {
  readonly classes: number
  /** Images or clips that are tested; absent where copies lack some. */
  readonly tested?: number
  /** Frames of a clip; absent for images. */
  readonly frames?: number
}

/** The complete sets of arXiv:2403.11808 by their titles there, with the sizes that their authors publish. */
const paperSets: Readonly<Record<string, PaperSet>> = {
  'CIFAR-100': { classes: 100, tested: 10_000 },
  SVHN: { classes: 10, tested: 26_032 },
  'Food-101': { classes: 101, tested: 25_250 },
  Air: { classes: 100, tested: 3_333 },
  Pet: { classes: 37, tested: 3_669 },
  Car: { classes: 196, tested: 8_041 },
  K400: { classes: 400, frames: 8 },
  SSv2: { classes: 174, frames: 8, tested: 24_777 },
}

/** True if a run of this model, tested on so many samples, can be one on the paper's set of this name. */
export function isPaperSet(
  name: string,
  config: Pick<ModelConfig, 'numClasses' | 'frames'>,
  images: number,
): boolean {
  const set = paperSets[name]
  return (
    set !== undefined &&
    set.classes === config.numClasses &&
    set.frames === config.frames &&
    (set.tested === undefined || set.tested === images)
  )
}
