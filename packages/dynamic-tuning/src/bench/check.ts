import { z } from 'zod'
import { ConfigError } from '../errors.ts'
import type { BenchReport, BenchResult } from './types.ts'

/** A ratio to be kept. */
export interface ExpectedRatio {
  readonly benchmark: BenchReport['benchmark']
  readonly model: string
  readonly method: string
  readonly batch: number
  readonly ratioToStatic: number
  readonly flopsRatioToStatic: number | null
}

/** What `benchmarks/expected.json` holds. */
export interface ExpectedBench {
  /** Largest share by which a ratio of times may be worse than expected. */
  readonly tolerance: number
  /** The same for ratios of FLOPs, either way: they do not depend on the machine. */
  readonly flopsTolerance: number
  readonly ratios: readonly ExpectedRatio[]
}

/** One line of the comparison. */
export interface CheckedRatio {
  /** `inference dyt, batch 8`. */
  readonly name: string
  readonly expected: number | undefined
  readonly measured: number | undefined
  /** By how much it is worse, as a share of what is expected; negative where it is better. */
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

/** Checks what was read from a file. @throws ConfigError naming what is wrong in it */
export function checkExpected(name: string, given: unknown): ExpectedBench {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigError(
    `bench: ${name} does not hold expected ratios. ${z.prettifyError(result.error).replace(/\s*\n\s*/g, ' ')}. Write it anew with --update.`,
  )
}

/** The ratios of some reports, the static model's own left out: it is 1 by definition. */
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
 * Compares ratios of times, and where there are any of FLOPs, with the expected ones. A regression is a ratio that is worse by
 * more than the tolerance, FLOPs that changed, or a case that was not measured.
 */
export function compareRatios(expected: ExpectedBench, measured: readonly ExpectedRatio[]): CheckedRatio[] {
  const known = new Map(measured.map((ratio) => [nameOf(ratio), ratio]))
  const wanted = new Map(expected.ratios.map((ratio) => [nameOf(ratio), ratio]))
  const names = [...new Set([...wanted.keys(), ...known.keys()])]
  return names.flatMap((name) => {
    const [before, now] = [wanted.get(name), known.get(name)]
    const time = compareOne(name, before?.ratioToStatic, now?.ratioToStatic, (a, b) => {
      // Inference: times as fast. Training: as long as so many forward passes.
      const worse = (before ?? now)?.benchmark === 'training' ? b / a - 1 : 1 - b / a
      const verdict =
        worse > expected.tolerance ? 'regression' : worse < -expected.tolerance ? 'better' : 'ok'
      return { worse, verdict }
    })
    const flops = [before?.flopsRatioToStatic, now?.flopsRatioToStatic] as const
    if (flops.some((ratio) => typeof ratio !== 'number')) return [time]
    const checked = compareOne(`${name}, FLOPs`, flops[0] as number, flops[1] as number, (a, b) => {
      const worse = 1 - b / a
      return { worse, verdict: Math.abs(worse) > expected.flopsTolerance ? 'regression' : 'ok' }
    })
    return [time, checked]
  })
}

/** Whether a comparison shows that something became worse. */
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
