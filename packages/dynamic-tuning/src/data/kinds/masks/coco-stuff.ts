import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ignoredLabel } from '../../label-map.ts'
import { plainClasses, unknownLabel } from '../../masks/mask-source.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { cocoStuffClasses } from './coco-stuff-classes.ts'
import { type Pairs, pairsIn } from './pairs.ts'
import { type MaskTable, maskExamples } from './parts.ts'

/** Values of the raw masks, COCO's category numbers minus 1, that never occur. */
const unused = [11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90]
/** Number of values of the raw masks. */
const rawValues = cocoStuffClasses.length + unused.length

/** Values of the raw masks of `stuffthingmaps_trainval2017`: things and stuff of COCO, 255 is ignored. */
export const cocoStuffRawTable: MaskTable = {
  count: cocoStuffClasses.length,
  classes: Uint16Array.from({ length: 256 }, (_, value) => {
    if (value === 255) return ignoredLabel
    if (value >= rawValues || unused.includes(value)) return unknownLabel
    return value - unused.filter((each) => each < value).length
  }),
}

/** Values of what mmsegmentation's converter writes (`_labelTrainIds.png`): class numbers, 255 is ignored. */
export const cocoStuffTrainTable: MaskTable = {
  count: cocoStuffClasses.length,
  classes: plainClasses(cocoStuffClasses.length),
}

const converted = '_labelTrainIds'

/** Left out in mmsegmentation too. */
const leftOut = '000000298251.jpg'

/**
 * COCO-Stuff 164k (Caesar et al., CVPR 2018): 171 classes, 118,287 training and 5,000 validation images,
 * which are what is tested. Masks are those that mmsegmentation converts, or the raw ones.
 */
export const cocoStuff: DatasetKind = {
  name: 'coco-stuff',
  title: 'COCO-Stuff 164k',
  expects: 'images/train2017, images/val2017, and annotations/ or stuffthingmaps/ with train2017 and val2017',
  locate: (place) =>
    maskFolders
      .map((masks) => holding(['images/train2017', `${masks}/train2017`], ['coco_stuff164k'])(place))
      .find((folder) => folder !== undefined),
  open(folder, options) {
    const masks = maskFolders.find((name) => existsSync(join(folder, name, 'train2017'))) ?? 'annotations'
    const part = (name: string): Pairs =>
      withoutLeftOut(pairsIn(join(folder, 'images', name), join(folder, masks, name), [converted, '']))
    const validation = existsSync(join(folder, 'images/val2017')) ? part('val2017') : undefined
    const tableOf = (mask: string): MaskTable =>
      mask.endsWith(`${converted}.png`) ? cocoStuffTrainTable : cocoStuffRawTable
    const parts = maskExamples({ train: part('train2017'), validation }, tableOf, options)
    return { name: 'COCO-Stuff 164k', truth: 'map', classes: cocoStuffClasses, ...parts }
  },
}

const maskFolders = ['annotations', 'stuffthingmaps', 'stuffthingmaps_trainval2017']

/** Without the image that is left out, and without raw masks that lie beside converted ones. */
function withoutLeftOut(found: Pairs): Pairs {
  const kept = (path: string): boolean => basename(path) !== leftOut
  const pairs = found.pairs.filter(({ image }) => kept(image))
  const masks = new Set(found.pairs.map(({ mask }) => mask))
  return {
    ...found,
    pairs,
    imagesWithoutMask: found.imagesWithoutMask.filter(kept),
    masksWithoutImage: found.masksWithoutImage.filter(
      (mask) => !masks.has(mask.replace(/\.png$/, `${converted}.png`)),
    ),
  }
}
