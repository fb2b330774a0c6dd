import type { TensorData } from '@dynamic-tuning/engine'
import type { Fixture } from './fixture.ts'
import type { Tolerance } from './tolerance.ts'

/** How close a produced tensor is to the expected one. */
export interface TensorReport {
  /** The expected tensor's name, followed by ` (skip)` and the like if it was produced in several ways. */
  readonly name: string
  /** Largest difference; null if nothing was compared or the difference is not a number. */
  readonly maxAbs: number | null
  /** `maxAbs` as a share of the largest expected magnitude. */
  readonly maxRel: number | null
  /** Largest difference allowed. */
  readonly tolerance: number
  readonly pass: boolean
  /** Why it fails or is not compared, if the numbers do not show it. */
  readonly note?: string
}

/** Tensors produced for a fixture, by expected name; the way of producing them may follow in brackets. */
export type Produced = ReadonlyMap<string, TensorData>

/** One report for each expected tensor and each way of producing it; a missing one fails. */
export function compareAll(fixture: Fixture, produced: Produced): TensorReport[] {
  const ways = new Map<string, string[]>()
  for (const name of produced.keys()) {
    const expected = name.replace(/ \(.*\)$/, '')
    ways.set(expected, [...(ways.get(expected) ?? []), name])
  }
  return [...fixture.expected].flatMap(([name, expected]) => {
    const tolerance = toleranceOf(fixture, name, expected)
    const made = ways.get(name) ?? []
    if (made.length === 0) return [failed(name, tolerance, 'not produced')]
    return made.map((way) => {
      const report = compare(way, produced.get(way) as TensorData, expected, tolerance)
      return isLeftOut(fixture, name)
        ? { ...report, pass: true, note: 'not compared, says config.json' }
        : report
    })
  })
}

function compare(name: string, got: TensorData, expected: TensorData, tolerance: number): TensorReport {
  if (got.shape.join() !== expected.shape.join())
    return failed(name, tolerance, `has shape [${got.shape}], not [${expected.shape}]`)
  let maxAbs = 0
  for (let i = 0; i < expected.data.length; i++) {
    const difference = differenceOf(Number(got.data[i]), Number(expected.data[i]))
    if (Number.isNaN(difference)) return failed(name, tolerance, `is no number at element ${i}`)
    maxAbs = Math.max(maxAbs, difference)
  }
  const largest = largestOf(expected)
  const maxRel = maxAbs === 0 ? 0 : largest === 0 ? null : maxAbs / largest
  return { name, maxAbs, maxRel, tolerance, pass: maxAbs <= tolerance }
}

/** The distance of two values; an expected NaN is a figure that cannot be said, and equals a NaN. */
function differenceOf(got: number, expected: number): number {
  return Number.isNaN(got) && Number.isNaN(expected) ? 0 : Math.abs(got - expected)
}

function failed(name: string, tolerance: number, note: string): TensorReport {
  return { name, maxAbs: null, maxRel: null, tolerance, pass: false, note }
}

function largestOf({ data }: TensorData): number {
  let largest = 0
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(Number(data[i]))
    if (size > largest) largest = size
  }
  return largest
}

/** abs + relative * max|expected| of the first matching pattern; masks must always be equal. */
function toleranceOf({ tolerances }: Fixture, name: string, expected: TensorData): number {
  if (/(?:^|\.)masks$/.test(name)) return 0
  // All losses share one limit under this name; the name of a tensor in another file ends in a slash and that
  // file.
  const key = name.startsWith('losses') ? 'losses' : name.replace(/^[^/]*\//, '')
  const found = [...tolerances].find(([pattern]) => fits(pattern, key))
  const { abs, rel_to_tensor_max } = found?.[1] ?? ({ abs: 0, rel_to_tensor_max: 0 } satisfies Tolerance)
  return abs + rel_to_tensor_max * largestOf(expected)
}

function fits(pattern: string, name: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`).test(name)
}

function isLeftOut({ updatesNotCompared }: Fixture, name: string): boolean {
  const [, parameter] = /^step[^.]*\.(.+)$/.exec(name) ?? []
  return parameter !== undefined && updatesNotCompared.includes(parameter)
}
