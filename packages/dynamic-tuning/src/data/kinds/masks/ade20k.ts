import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ignoredLabel } from '../../label-map.ts'
import { unknownLabel } from '../../masks/mask-source.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { ade20kClasses } from './ade20k-classes.ts'
import { pairsIn } from './pairs.ts'
import { type MaskTable, maskExamples } from './parts.ts'

/** Values of ADE20K's masks: 0 is "other" and ignored, k is class k - 1, 255 is ignored. */
export const ade20kTable: MaskTable = {
  count: ade20kClasses.length,
  classes: Uint16Array.from({ length: 256 }, (_, value) => {
    if (value === 0 || value === 255) return ignoredLabel
    return value <= ade20kClasses.length ? value - 1 : unknownLabel
  }),
}

/**
 * ADE20K's scene parsing challenge (Zhou et al., CVPR 2017): 150 classes, 20,210 training and 2,000
 * validation images, which are what is tested.
 */
export const ade20k: DatasetKind = {
  name: 'ade20k',
  title: 'ADE20K',
  expects: 'images/training, images/validation, annotations/training and annotations/validation',
  locate: holding(
    ['images/training', 'annotations/training'],
    ['ADEChallengeData2016', 'ade/ADEChallengeData2016'],
  ),
  open(folder, options) {
    const part = (name: string) => pairsIn(join(folder, 'images', name), join(folder, 'annotations', name))
    const validation = existsSync(join(folder, 'images/validation')) ? part('validation') : undefined
    const parts = maskExamples({ train: part('training'), validation }, () => ade20kTable, options)
    return { name: 'ADE20K', truth: 'map', classes: ade20kClasses, ...parts }
  },
}
