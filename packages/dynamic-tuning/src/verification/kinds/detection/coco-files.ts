import { z } from 'zod'
import type { CornerBox, RunLengths } from '../../../data/boxes/run-lengths.ts'
import { cocoSegmentation, maskOfSegmentation } from '../../../data/boxes/segmentation.ts'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import type { DetectionImage } from '../../../tasks/detection/metrics/coco-tally.ts'
import { sizeRanges } from '../../../tasks/detection/metrics/protocol.ts'
import type { Fixture } from '../../fixture.ts'

const box = z.tuple([z.number(), z.number(), z.number(), z.number()])
const shaped = { image_id: z.int(), category_id: z.int(), bbox: box, segmentation: cocoSegmentation }
const truthFile = z.looseObject({
  images: z.array(z.looseObject({ id: z.int(), height: z.int(), width: z.int() })),
  categories: z.array(z.looseObject({ id: z.int() })),
  annotations: z.array(z.looseObject({ ...shaped, area: z.number(), iscrowd: z.number() })),
})
const resultFile = z.array(z.looseObject({ ...shaped, score: z.number() }))

const figures = z.looseObject({
  values: z.array(z.number()),
  AP_per_category: z.record(z.string(), z.number()),
  AP_per_iou_threshold: z.array(z.number()),
})

/** The figures in `expected.json`. */
export const cocoFigureFields = z.looseObject({
  ...{ bbox: figures, segm: figures, segm_if_boxes_are_left_in: figures },
  counts: z.object({
    ...{ images: z.number(), annotations: z.number(), crowd: z.number(), detections: z.number() },
    by_size_annotation: z.record(z.string(), z.number()),
  }),
})

/** Box and mask of an object or a detection. */
export interface Shapes {
  readonly box: CornerBox
  readonly mask: RunLengths
}

/** The objects and detections of a fixture. */
export interface CocoFiles {
  /** Ids of the categories, ascending: the class of an object is its place in them. */
  readonly categories: readonly number[]
  readonly images: readonly DetectionImage<Shapes>[]
}

/** Reads `ground_truth.json` and `detections.json`. @throws DataError if one is missing or damaged */
export function cocoFiles({ folder }: Fixture): CocoFiles {
  const { images, categories, annotations } = truthFile.parse(
    readJson(`${folder}/ground_truth.json`, DataError),
  )
  const results = resultFile.parse(readJson(`${folder}/detections.json`, DataError))
  const ids = categories.map(({ id }) => id).sort((a, b) => a - b)
  return {
    categories: ids,
    images: images.map(({ id, height, width }) => {
      const of = <T extends z.output<typeof resultFile>[number] | Annotation>(all: readonly T[]) =>
        all
          .filter(({ image_id }) => image_id === id)
          .map((each) => ({ each, ...shapeOf(each, ids, height, width) }))
      return {
        id,
        truths: of(annotations).map(({ each: { area, iscrowd }, ...shape }) => ({
          ...shape,
          area,
          crowd: iscrowd === 1,
        })),
        detections: of(results).map(({ each: { score }, ...shape }) => ({ ...shape, score })),
      }
    }),
  }
}

type Annotation = z.output<typeof truthFile>['annotations'][number]

function shapeOf(
  { category_id, bbox, segmentation }: Pick<Annotation, 'category_id' | 'bbox' | 'segmentation'>,
  ids: readonly number[],
  height: number,
  width: number,
): { label: number; shape: Shapes } {
  const mask = maskOfSegmentation(segmentation, height, width)
  return { label: ids.indexOf(category_id), shape: { box: bbox, mask } }
}

/** How many images, annotations, crowds and detections there are, and objects of each size. */
export function countsOf({ images }: CocoFiles): Record<string, number> {
  const truths = images.flatMap((image) => image.truths)
  const objects = truths.filter(({ crowd }) => !crowd)
  return {
    images: images.length,
    annotations: truths.length,
    crowd: truths.length - objects.length,
    detections: images.reduce((sum, { detections }) => sum + detections.length, 0),
    ...Object.fromEntries(
      sizeRanges.map(({ name, from, to }) => [
        name,
        objects.filter(({ area }) => area >= from && area <= to).length,
      ]),
    ),
  }
}
