import { DataError } from '../../../errors.ts'
import type { Dataset, Example } from '../../example.ts'
import type { MaskSource } from '../../masks/mask-source.ts'
import type { OpenOptions } from '../../options.ts'
import { mapTruth } from '../../truths/map.ts'
import { inOrderOf } from '../order.ts'
import { stratifiedSplit } from '../split.ts'
import type { Pairs } from './pairs.ts'

/** How the values of masks become class numbers. */
export type MaskTable = Pick<MaskSource, 'classes' | 'count'>

/** The parts of a set of images with masks; one without `validation` and `test` is split by the seed. */
export interface MaskParts {
  readonly train: Pairs
  readonly validation?: Pairs | undefined
  readonly test?: Pairs | undefined
}

type Opened = Pick<
  Dataset<MaskSource>,
  'train' | 'validation' | 'test' | 'missing' | 'unused' | 'unread' | 'notes'
>

/**
 * Makes examples of pairs of images and masks. A single part beside `train` is both validation and test.
 * Images without a mask are listed in `missing`, masks without an image in `unused`.
 * @throws DataError as `checkPairs`, and if there is one image and none to test with
 */
export function maskExamples(
  { train, validation, test }: MaskParts,
  tableOf: (mask: string) => MaskTable,
  options: OpenOptions,
): Opened {
  const all = partsOf({ train, validation, test })
  checkPairs(all, options)
  const alone = all.flatMap(({ imagesWithoutMask }) => imagesWithoutMask)
  const spare = all.flatMap(({ masksWithoutImage }) => masksWithoutImage)
  const unread = all.flatMap((part) => part.unread)
  const examples = ({ pairs }: Pairs): readonly Example<MaskSource>[] =>
    inOrderOf(
      mapTruth,
      pairs.map(({ image, mask }) => ({
        source: { kind: 'file', path: image },
        truth: { image: { kind: 'file', path: mask }, ...tableOf(mask) },
      })),
    )
  const trained = examples(train)
  const tested = test ?? validation
  const parts = tested ? undefined : stratifiedSplit(trained, mapTruth, options)
  if (parts?.validation.length === 0)
    throw new DataError(
      `dataset: ${train.folder} has one image with a mask, and none to test with. Give at least two.`,
    )
  const testExamples = parts?.validation ?? (tested ? examples(tested) : [])
  return {
    ...(alone.length > 0 && { missing: alone }),
    ...(spare.length > 0 && { unused: spare }),
    ...(unread.length > 0 && { unread }),
    notes: [
      ...lonelyNote('image has no mask', 'images have no mask', alone),
      ...lonelyNote('mask has no image', 'masks have no image', spare),
    ],
    train: parts?.train ?? trained,
    validation: validation && test ? examples(validation) : testExamples,
    test: testExamples,
  }
}

/** The parts that there are. */
export const partsOf = ({ train, validation, test }: MaskParts): Pairs[] =>
  [train, validation, test].filter((part) => part !== undefined)

/** @throws DataError without `skipBad` for images without a mask; always if a part has no pair */
export function checkPairs(parts: readonly Pairs[], { skipBad }: Pick<OpenOptions, 'skipBad'>): void {
  for (const part of parts) checkPart(part)
  if (!skipBad) refuse(parts.flatMap(({ imagesWithoutMask }) => imagesWithoutMask))
}

function checkPart({ folder, pairs, imagesWithoutMask: [first] }: Pairs): void {
  if (pairs.length > 0) return
  throw new DataError(
    first === undefined
      ? `dataset: ${folder} has no images. Expected at least one with a mask.`
      : `dataset: no image in ${folder} has a mask, not ${first}. Give the masks the names of their images, ending in .png.`,
  )
}

function refuse([first, ...others]: readonly string[]): void {
  if (first === undefined) return
  const more = others.length > 0 ? `, nor have ${others.length} more images` : ''
  throw new DataError(
    `dataset: ${first} has no mask${more}. Add a PNG of the same name, or leave out such images with --skip-bad.`,
  )
}

function lonelyNote(one: string, many: string, [first, ...others]: readonly string[]): string[] {
  if (first === undefined) return []
  return [others.length === 0 ? `1 ${one}: ${first}` : `${others.length + 1} ${many}, such as ${first}`]
}
