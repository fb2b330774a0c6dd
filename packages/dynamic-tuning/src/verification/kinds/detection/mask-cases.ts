import { z } from 'zod'
import { maskOverlap } from '../../../data/boxes/combine-runs.ts'
import { fillPolygons } from '../../../data/boxes/fill-polygons.ts'
import { parseRunLengthString, runLengthString } from '../../../data/boxes/run-length-string.ts'
import {
  areaOfRuns,
  boxOfRuns,
  type CornerBox,
  decodeMask,
  encodeMask,
  type RunLengths,
  runLengths,
} from '../../../data/boxes/run-lengths.ts'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import { boxOverlaps } from '../../../tasks/detection/metrics/overlaps.ts'
import { type Fixture, scalarData } from '../../fixture.ts'
import { type Named, numbers, textCodes } from './numbers.ts'

const count = z.int().positive()
const mask = z.looseObject({
  ...{ height: count, width: count, rows: z.array(z.string()), string: z.string(), area: z.number() },
})
const box = z.tuple([z.number(), z.number(), z.number(), z.number()])
const pairs = { iscrowd: z.array(z.number()), iou: z.array(z.array(z.number())) }
const cases = z.looseObject({
  // A large mask is written as run lengths alone.
  run_lengths: z.array(
    mask.extend({ rows: z.array(z.string()).optional(), counts: z.array(z.number()), bbox: box }),
  ),
  polygons: z.array(mask.extend({ polygons: z.array(z.array(z.number())) })),
  ious: z.array(
    z.discriminatedUnion('kind', [
      z.looseObject({
        ...{ kind: z.literal('mask'), height: count, width: count, ...pairs },
        ...{ detections: z.array(z.string()), ground_truth: z.array(z.string()) },
      }),
      z.looseObject({
        ...{ kind: z.literal('box_xywh'), detections: z.array(box), ground_truth: z.array(box), ...pairs },
      }),
    ]),
  ),
})

const read = ({ folder }: Fixture) => cases.parse(readJson(`${folder}/masks.json`, DataError))
const pixels = (rows: readonly string[]): Uint8Array => Uint8Array.from([...rows.join('')], Number)

/** What `masks.json` says of its masks, polygons and overlaps. */
export function writtenMasks(fixture: Fixture): Named {
  const { run_lengths, polygons, ious } = read(fixture)
  return [
    ...run_lengths.flatMap((written, i) =>
      maskFigures(
        `run_lengths.${i}`,
        { ...written, rows: written.rows && pixels(written.rows) },
        written.bbox,
      ),
    ),
    ...polygons.flatMap(({ rows, ...written }, i) =>
      maskFigures(`polygons.${i}`, { ...written, rows: pixels(rows) }),
    ),
    ...ious.map(({ iou }, i) => [`ious.${i}`, numbers(iou.flat())] as const),
  ]
}

/** The same from the code that users run; masks are also read back, from numbers and from text. */
export function maskTensors(fixture: Fixture): Named {
  const { run_lengths, polygons, ious } = read(fixture)
  return [
    ...run_lengths.flatMap(({ height, width, rows, counts, string }, i): Named => {
      const name = `run_lengths.${i}`
      const decoded = decodeMask(runLengths(counts, height, width))
      const encoded = encodeMask(rows ? pixels(rows) : decoded, height, width)
      const all = maskFigures(name, figuresOf(encoded), boxOfRuns(encoded))
      const fromText = parseRunLengthString(string, height, width)
      return [
        ...all.filter(([figure]) => rows !== undefined || !figure.endsWith('rows')),
        [`${name}.counts (from text)`, numbers(fromText.counts)],
        ...(rows ? [[`${name}.rows (from numbers)`, numbers(decoded)] as const] : []),
      ]
    }),
    ...polygons.flatMap(({ polygons: corners, height, width }, i) =>
      maskFigures(`polygons.${i}`, figuresOf(fillPolygons(corners, height, width))),
    ),
    ...ious.map((each, i) => [`ious.${i}`, numbers(overlapsOf(each))] as const),
  ]
}

interface MaskFigures {
  readonly rows: Uint8Array | undefined
  readonly counts?: ArrayLike<number>
  readonly string: string
  readonly area: number
}

const figuresOf = (runs: RunLengths): MaskFigures => ({
  rows: decodeMask(runs),
  counts: runs.counts,
  string: runLengthString(runs),
  area: areaOfRuns(runs),
})

function maskFigures(name: string, { rows, counts, string, area }: MaskFigures, around?: CornerBox): Named {
  return [
    ...(rows ? [[`${name}.rows`, numbers(rows)] as const] : []),
    [`${name}.string`, textCodes(string)],
    [`${name}.area`, scalarData(area)],
    ...(around && counts
      ? ([
          [`${name}.bbox`, numbers(around)],
          [`${name}.counts`, numbers(counts)],
        ] as const)
      : []),
  ]
}

function overlapsOf(each: z.output<typeof cases>['ious'][number]): number[] {
  const { iscrowd } = each
  const crowd = (truth: number): boolean => iscrowd[truth] === 1
  if (each.kind === 'box_xywh')
    return each.detections.flatMap((a) =>
      each.ground_truth.map((b, truth) => boxOverlaps.overlap(a, b, crowd(truth))),
    )
  const runs = (text: string): RunLengths => parseRunLengthString(text, each.height, each.width)
  return each.detections.flatMap((a) =>
    each.ground_truth.map((b, truth) => maskOverlap(runs(a), runs(b), crowd(truth))),
  )
}
