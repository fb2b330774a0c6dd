import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import { type CocoResult, cocoResult, placeDetection } from '../../../tasks/detection/result-file.ts'
import { type Detection, detectionsOf } from '../../../tasks/detection/roi/detect.ts'
import { pasteMask } from '../../../tasks/detection/roi/paste-mask.ts'
import { fixtureConfig, scalarData } from '../../fixture.ts'
import type { FixtureKind } from '../../fixture-kind.ts'
import { floats, indices, type Named, numbers, numbersIn, textCodes } from './numbers.ts'
import type { RoiRun } from './roi-run.ts'
import { roiFields } from './roi-settings.ts'
import { alignTensors, trainingTensors } from './roi-training.ts'

const resultFile = z.array(
  z.looseObject({
    ...{ image_id: z.int(), category_id: z.int(), score: z.number() },
    bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    segmentation: z.object({ size: z.tuple([z.int(), z.int()]), counts: z.string() }),
  }),
)

/** The heads of regions: pooling, matching, losses with gradients, detections, masks and a result file. */
export const roiKind: FixtureKind = {
  name: 'roi',
  matches: (config) => z.looseObject({ kind: z.literal('roi') }).safeParse(config).success,
  moreExpected: ({ folder }) =>
    new Map(resultTensors(resultFile.parse(readJson(`${folder}/results.json`, DataError)))),
  async produce(fixture, options) {
    const run = { fixture, settings: fixtureConfig(fixture, roiFields), options }
    return new Map([...(await alignTensors(run)), ...(await trainingTensors(run)), ...detectionTensors(run)])
  },
}

function resultTensors(results: readonly CocoResult[]): Named {
  return [
    ['results', scalarData(results.length)],
    ...results.flatMap(({ image_id, category_id, bbox, score, segmentation }, i): Named => {
      const name = `results.${i}`
      const text = segmentation?.counts ?? ''
      return [
        [`${name}.classes`, numbers([image_id, category_id, ...(segmentation?.size ?? [])])],
        [`${name}.boxes`, numbers(bbox)],
        [`${name}.score`, scalarData(score)],
        [`${name}.masks`, textCodes(text)],
      ]
    }),
  ]
}

function detectionTensors(run: RoiRun): Named {
  const found = run.settings.inference.output_sizes.map((_, image) => imageTensors(run, image))
  return [
    ...found.flatMap(({ tensors }) => tensors),
    ...resultTensors(found.flatMap(({ results }) => results)),
  ]
}

const none: readonly [number, number] = [0, 0]

function imageTensors(run: RoiRun, image: number): { tensors: Named; results: CocoResult[] } {
  const { fixture, settings } = run
  const { inference, image_sizes: sizes } = settings
  const [from, to] = [sizes[image] ?? none, inference.output_sizes[image] ?? none]
  const read = (name: string): Float64Array => numbersIn(fixture, `infer.${name}.${image}`)
  const answers = { proposals: read('proposals'), scores: read('scores'), deltas: read('deltas') }
  const found = detectionsOf(answers, from, {
    score: inference.score_threshold,
    overlap: inference.nms_threshold,
    count: inference.detections_per_image,
  })
  const side = settings.mask_head.output_size
  const logits = read('mask_logits')
  const masks = found.map(({ label }, i) => {
    const start = (i * settings.num_classes + label) * side * side
    return logits.subarray(start, start + side * side).map((x) => 1 / (1 + Math.exp(-x)))
  })
  const placed = found.map((each, i) => placeDetection(each, from, to, masks[i]))
  const picture = { id: inference.image_ids[image] ?? 0, height: to[0], width: to[1] }
  const results = placed.map((each) => cocoResult(each, picture, inference.category_ids))
  const first = pasteMask(masks[0] ?? [], placed[0]?.box ?? new Float64Array(), to)
  const flat = floats(masks.flatMap((mask) => [...mask]))
  const tensors: Named = [
    ...listTensors(`detections.${image}`, found),
    [`detections.${image}.mask_probabilities`, { ...flat, shape: [found.length, side, side] }],
    [
      `final.${image}.boxes`,
      floats(
        placed.flatMap(({ box }) => [...box]),
        4,
      ),
    ],
    [`final.${image}.soft_first`, { ...floats(first), shape: to }],
  ]
  return { tensors, results }
}

function listTensors(name: string, found: readonly Detection[]): [string, TensorData][] {
  return [
    [`${name}.classes`, indices(found.map(({ label }) => label))],
    [`${name}.proposal`, indices(found.map(({ proposal }) => proposal))],
    [
      `${name}.boxes`,
      floats(
        found.flatMap(({ box }) => [...box]),
        4,
      ),
    ],
    [`${name}.scores`, floats(found.map(({ score }) => score))],
  ]
}
