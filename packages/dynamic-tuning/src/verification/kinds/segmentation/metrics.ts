import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { ignoredLabel, type LabelMap } from '../../../data/label-map.ts'
import { DataError } from '../../../errors.ts'
import { numberIn } from '../../../evaluation/measure.ts'
import { readJson } from '../../../io/read-json.ts'
import { type ClassAreas, PixelConfusion } from '../../../tasks/segmentation/confusion.ts'
import { officialNames, unionOf } from '../../../tasks/segmentation/figures.ts'
import { type SegmentationScore, SegmentationTally } from '../../../tasks/segmentation/tally.ts'
import { type Fixture, fixtureConfig, fixtureInput } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import type { Named } from './run.ts'

const count = z.int().positive()
const fields = z.looseObject({
  num_classes: count,
  ignore_label: z.int().min(0),
  images: count,
  cases: z.record(z.string(), z.looseObject({ reduce_zero_label: z.boolean() })),
})
type Settings = z.output<typeof fields>
interface Case {
  readonly name: string
  readonly reducesZero: boolean
}

const casesOf = ({ cases }: Settings): Case[] =>
  Object.entries(cases).map(([name, { reduce_zero_label }]) => ({ name, reducesZero: reduce_zero_label }))

/** Areas of each picture, figures of each class and measures of a set, from predictions and labels. */
export const segmentationMetricsKind: FixtureKind = {
  name: 'segmentation-metrics',
  matches: (config) => z.looseObject({ kind: z.literal('segmentation-metrics') }).safeParse(config).success,
  moreExpected(fixture) {
    const json = readJson(`${fixture.folder}/expected.json`, DataError)
    return new Map(casesOf(fixtureConfig(fixture, fields)).flatMap((each) => printedFigures(json, each)))
  },
  async produce(fixture) {
    const settings = fixtureConfig(fixture, fields)
    return new Map(casesOf(settings).flatMap((each) => caseTensors(fixture, settings, each)))
  },
}

const printed = z.record(z.string(), z.number().nullable())
const printedCase = z
  .looseObject({ aAcc: z.number().nullable(), mIoU: z.number().nullable(), mAcc: z.number().nullable() })
  .partial()
  .and(z.object({ reported_percent: printed.default({}) }))

/**
 * The measures of a case in `expected.json`, those that are there. In float32, as means may be summed in
 * another order.
 */
function printedFigures(json: unknown, { name }: Case): Named {
  const { [name]: found = {} } = z.record(z.string(), z.unknown()).parse(json)
  const { reported_percent: percent, ...shares } = printedCase.parse(found)
  const of = (prefix: string, figures: object): Named =>
    Object.keys(officialNames).flatMap((measure): Named => {
      const value: unknown = Reflect.get(figures, measure)
      if (value === undefined) return []
      return [[`${prefix}.${measure}`, numbers([typeof value === 'number' ? value : Number.NaN])]]
    })
  return [...of(name, shares), ...of(`${name}.reported_percent`, percent)]
}

function caseTensors(fixture: Fixture, settings: Settings, { name, reducesZero }: Case): Named {
  const { num_classes: classes, images, ignore_label: ignored } = settings
  const tally = new SegmentationTally(Array.from({ length: classes }, (_, k) => `${k}`))
  const areas: ClassAreas[][] = []
  for (let n = 0; n < images; n++) {
    const predicted = integers(fixtureInput(fixture, `${name}.prediction.${n}`))
    const truth = labelMap(fixtureInput(fixture, `${name}.label.${n}`), { ignored, reducesZero })
    const confusion = new PixelConfusion(classes)
    confusion.add(predicted, truth)
    areas.push(confusion.areas())
    tally.add({ logits: certainLogits(predicted, truth, classes) }, [truth])
  }
  const ofPictures = (area: (of: ClassAreas) => number): TensorData => ({
    dtype: 'int64',
    shape: [images, classes],
    data: BigInt64Array.from(areas.flat(), (each) => BigInt(area(each))),
  })
  return [
    [`${name}.intersect`, ofPictures(({ intersection }) => intersection)],
    [`${name}.union`, ofPictures(unionOf)],
    [`${name}.prediction_area`, ofPictures(({ predicted: area }) => area)],
    [`${name}.label_area`, ofPictures(({ labelled }) => labelled)],
    ...figureTensors(name, tally.result()),
  ]
}

function figureTensors(name: string, { measures, perClass }: SegmentationScore): Named {
  const ofClasses = Object.keys(perClass[0]?.measures ?? {}).map((figure) => {
    const values = perClass.map((each) => numberIn(each.measures, figure) ?? Number.NaN)
    return [`${name}.${figure}`, { ...numbers(values), shape: [values.length] }] as const
  })
  const ofSet = Object.entries(officialNames).flatMap(
    ([printed, measure]): Named => [
      [`${name}.${printed}`, numbers([measures[measure]])],
      [`${name}.reported_percent.${printed}`, numbers([Number((measures[measure] * 100).toFixed(2))])],
    ],
  )
  return [...ofClasses, ...ofSet]
}

const numbers = (values: readonly number[]): TensorData => ({
  dtype: 'float32',
  shape: [],
  data: Float32Array.from(values),
})

const integers = ({ data }: TensorData): number[] => Array.from(data, Number)

/** Labels as files have them; with `reducesZero` 0 is ignored and k is class k - 1, as in ADE20K. */
function labelMap(
  tensor: TensorData,
  { ignored, reducesZero }: { readonly ignored: number; readonly reducesZero: boolean },
): LabelMap {
  const [height = 0, width = 0] = tensor.shape
  const classOf = (label: number): number => {
    if (label === ignored || (reducesZero && label === 0)) return ignoredLabel
    return reducesZero ? label - 1 : label
  }
  return { width, height, data: Uint16Array.from(integers(tensor), classOf) }
}

/** Logits of one picture, 1 for the predicted class of each pixel and 0 for all others. */
function certainLogits(
  predicted: readonly number[],
  { width, height }: LabelMap,
  classes: number,
): TensorData<'float32'> {
  const data = new Float32Array(classes * predicted.length)
  for (const [pixel, k] of predicted.entries()) data[k * predicted.length + pixel] = 1
  return { dtype: 'float32', shape: [1, classes, height, width], data }
}
