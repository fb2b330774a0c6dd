import { z } from 'zod'
import { ConfigError } from '../errors.ts'
import { issuesOf } from '../issues-of.ts'
import type { BenchReport, BenchResult } from './types.ts'

/** A ratio that later runs are compared with. */
export interface ExpectedRatio {
  readonly benchmark: BenchReport['benchmark']
  readonly model: string
  readonly method: string
  readonly batch: number
  readonly ratioToStatic: number
  readonly flopsRatioToStatic: number | null
}

/** Contents of `benchmarks/expected.json`. */
export interface ExpectedBench {
  /** Largest allowed loss of a time ratio, as a share of the expected value. */
  readonly tolerance: number
  /** Largest allowed change of a FLOPs ratio in either direction; FLOPs do not depend on the machine. */
  readonly flopsTolerance: number
  readonly ratios: readonly ExpectedRatio[]
}

/** One line of the comparison. */
export interface CheckedRatio {
  /** `inference dyt, batch 8`. */
  readonly name: string
  readonly expected: number | undefined
  readonly measured: number | undefined
  /** Loss as a share of the expected value; negative if it is better. */
  readonly worse: number | undefined
  readonly verdict: 'ok' | 'better' | 'regression' | 'missing' | 'new'
}

const schema: z.ZodType<ExpectedBench> = z.object({
  tolerance: z.number().gt(0).lt(1),
  flopsTolerance: z.number().gt(0).lt(1),
  ratios: z
    .array(
      z.object({
        benchmark: z.enum(['inference', 'training']),
        model: z.string(),
        method: z.string(),
        batch: z.int().min(1),
        ratioToStatic: z.number().positive(),
        flopsRatioToStatic: z.number().positive().nullable(),
      }),
    )
    .min(1),
})

/**
 * Checks the parsed contents of an expectations file.
 * @throws ConfigError naming what is wrong in it
 */
export function checkExpected(name: string, given: unknown): ExpectedBench {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigError(
    `bench: ${name} does not hold expected ratios. ${issuesOf(result.error)}. Write it anew with --update.`,
  )
}

/** The ratios in some reports, without the static model's, which is 1 by definition. */
export function ratiosOf(reports: readonly BenchReport[]): ExpectedRatio[] {
  return reports.flatMap(({ benchmark, results }) =>
    results.filter(({ method }) => method !== 'static').map((result) => ratioOf(benchmark, result)),
  )
}

function ratioOf(benchmark: BenchReport['benchmark'], result: BenchResult): ExpectedRatio {
  const { model, method, batch, ratioToStatic, flopsRatioToStatic } = result
  return { benchmark, model, method, batch, ratioToStatic, flopsRatioToStatic }
}

/**
 * Compares time ratios, and FLOPs ratios if present, with the expected ones. A regression is a time
 * ratio worse by more than the tolerance, a changed FLOPs ratio, or a case that was not measured.
 */
export function compareRatios(expected: ExpectedBench, measured: readonly ExpectedRatio[]): CheckedRatio[] {
  const known = new Map(measured.map((ratio) => [nameOf(ratio), ratio]))
  const wanted = new Map(expected.ratios.map((ratio) => [nameOf(ratio), ratio]))
  const names = [...new Set([...wanted.keys(), ...known.keys()])]
  return names.flatMap((name) => {
    const [before, now] = [wanted.get(name), known.get(name)]
    const time = compareOne(name, before?.ratioToStatic, now?.ratioToStatic, (a, b) => {
      // Inference: higher is better (speed-up). Training: lower is better (forward passes per step).
      const worse = (before ?? now)?.benchmark === 'training' ? b / a - 1 : 1 - b / a
      const verdict =
        worse > expected.tolerance ? 'regression' : worse < -expected.tolerance ? 'better' : 'ok'
      return { worse, verdict }
    })
    const [was, is] = [before?.flopsRatioToStatic, now?.flopsRatioToStatic]
    if (typeof was !== 'number' || typeof is !== 'number') return [time]
    const checked = compareOne(`${name}, FLOPs`, was, is, (a, b) => {
      const worse = 1 - b / a
      return { worse, verdict: Math.abs(worse) > expected.flopsTolerance ? 'regression' : 'ok' }
    })
    return [time, checked]
  })
}

/** True if a comparison contains a regression or a missing case. */
export function hasRegression(checked: readonly CheckedRatio[]): boolean {
  return checked.some(({ verdict }) => verdict === 'regression' || verdict === 'missing')
}

function nameOf({ benchmark, model, method, batch }: ExpectedRatio): string {
  return `${benchmark} ${model} ${method}, batch ${batch}`
}

function compareOne(
  name: string,
  expected: number | undefined,
  measured: number | undefined,
  judge: (expected: number, measured: number) => Pick<CheckedRatio, 'worse' | 'verdict'>,
): CheckedRatio {
  if (expected === undefined) return { name, expected, measured, worse: undefined, verdict: 'new' }
  if (measured === undefined) return { name, expected, measured, worse: undefined, verdict: 'missing' }
  return { name, expected, measured, ...judge(expected, measured) }
}
