import type { RefusedCase } from './plan-runs.ts'
import type { RunEnds } from './run-all.ts'

/** A run that failed, or a case whose data or weights cannot be used. */
export interface RunFailure {
  readonly case: string
  /** null: all of them. */
  readonly seed: number | null
  readonly error: string
  /** File with everything its process printed; null where none was started. */
  readonly log: string | null
}

/** Everything that did not end well. */
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

/** A failure in one line. */
export function failureText({ case: name, seed, error, log }: RunFailure): string {
  const which = seed === null ? name : `${name}, seed ${seed}`
  return `${which}: ${error.split('\n')[0]}${log === null ? '' : ` (${log})`}`
}
