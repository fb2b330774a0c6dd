import type { RefusedCase } from './plan-runs.ts'
import type { RunEnds } from './run-all.ts'

/** A failed run, or a case with unusable data or weights. */
export interface RunFailure {
  readonly case: string
  /** null for all seeds. */
  readonly seed: number | null
  readonly error: string
  /** File with the output of its process; null if none was started. */
  readonly log: string | null
}

/** All failed runs and refused cases. */
export function failuresOf(ends: RunEnds, refused: readonly RefusedCase[] = []): RunFailure[] {
  const failed = [...ends].flatMap(([run, end]) =>
    end.kind === 'failed' ? [{ case: run.case.name, seed: run.seed, error: end.message, log: run.log }] : [],
  )
  return [
    ...refused.map(({ case: own, error }) => ({
      case: own.name,
      seed: null,
      error: error.message,
      log: null,
    })),
    ...failed,
  ]
}

/** One line of text for a failure. */
export function failureText({ case: name, seed, error, log }: RunFailure): string {
  const which = seed === null ? name : `${name}, seed ${seed}`
  return `${which}: ${error.split('\n')[0]}${log === null ? '' : ` (${log})`}`
}
