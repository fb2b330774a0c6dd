import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import { CocoTally } from '../../../tasks/detection/metrics/coco-tally.ts'
import { averagePrecision, precisionByThreshold } from '../../../tasks/detection/metrics/figures.ts'
import { boxOverlaps, maskOverlaps, type Overlaps } from '../../../tasks/detection/metrics/overlaps.ts'
import { scalarData } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import { type CocoFiles, cocoFigureFields, cocoFiles, countsOf, type Shapes } from './coco-files.ts'
import { maskTensors, writtenMasks } from './mask-cases.ts'
import { type Named, numbers } from './numbers.ts'

const names = ['bbox', 'segm', 'segm_if_boxes_are_left_in'] as const

/** Overlaps of boxes; of masks; of masks whose detections have the areas of their boxes. */
const ways: Readonly<Record<(typeof names)[number], Overlaps<Shapes>>> = {
  bbox: {
    overlap: (a, b, crowd) => boxOverlaps.overlap(a.box, b.box, crowd),
    area: ({ box }) => boxOverlaps.area(box),
  },
  segm: {
    overlap: (a, b, crowd) => maskOverlaps.overlap(a.mask, b.mask, crowd),
    area: ({ mask }) => maskOverlaps.area(mask),
  },
  segm_if_boxes_are_left_in: {
    overlap: (a, b, crowd) => maskOverlaps.overlap(a.mask, b.mask, crowd),
    area: ({ box }) => boxOverlaps.area(box),
  },
}

/** COCO's evaluation of boxes and masks, its run lengths, polygons and overlaps. */
export const cocoMetricsKind: FixtureKind = {
  name: 'coco-metrics',
  matches: (config) => z.looseObject({ kind: z.literal('coco-metrics') }).safeParse(config).success,
  moreExpected(fixture) {
    const json = cocoFigureFields.parse(readJson(`${fixture.folder}/expected.json`, DataError))
    const { categories } = cocoFiles(fixture)
    const { by_size_annotation: sizes, ...counts } = json.counts
    return new Map([
      ...names.flatMap((name): Named => {
        const { [name]: written } = json
        const { values, AP_per_category: perCategory, AP_per_iou_threshold: perThreshold } = written
        return figureTensors(name, {
          values,
          categories: categories.map((id) => perCategory[id] ?? Number.NaN),
          thresholds: perThreshold,
        })
      }),
      ...countTensors({ ...counts, ...sizes }),
      ...writtenMasks(fixture),
    ])
  },
  async produce(fixture) {
    const files = cocoFiles(fixture)
    return new Map([
      ...names.flatMap((name) => evaluated(files, name)),
      ...countTensors(countsOf(files)),
      ...maskTensors(fixture),
    ])
  },
}

interface Figures {
  readonly values: readonly number[]
  readonly categories: readonly number[]
  readonly thresholds: readonly number[]
}

const figureTensors = (name: string, { values, categories, thresholds }: Figures): Named => [
  [`${name}.values`, numbers(values)],
  [`${name}.AP_per_category`, numbers(categories)],
  [`${name}.AP_per_iou_threshold`, numbers(thresholds)],
]

const countTensors = (counts: Readonly<Record<string, number>>): Named =>
  Object.entries(counts).map(([name, count]): [string, TensorData] => [`counts.${name}`, scalarData(count)])

function evaluated({ categories, images }: CocoFiles, name: (typeof names)[number]): Named {
  const tally = new CocoTally(categories.length, ways[name])
  for (const image of images) tally.add(image)
  const { figures, classes } = tally.result()
  // COCO writes -1 where there is nothing to be found.
  const written = (values: readonly number[]): number[] =>
    values.map((value) => (Number.isNaN(value) ? -1 : value))
  return figureTensors(name, {
    values: written(figures),
    categories: written(classes.map(([all]) => averagePrecision(all))),
    thresholds: written(precisionByThreshold(classes)),
  })
}
