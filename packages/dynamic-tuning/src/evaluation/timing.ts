import { quantile } from './statistics.ts'

/** A function to time. */
export interface TimedCase {
  readonly name: string
  run(): Promise<unknown>
}

/** How often each case runs. */
export interface TimingSettings {
  /** Runs of each case that come first and are not counted. */
  readonly warmup: number
  readonly rounds: number
}

/** Durations of the counted runs, in milliseconds. */
export interface Timing {
  readonly medianMs: number
  readonly p10Ms: number
  readonly p90Ms: number
}

/**
 * Runs the cases in turn, A B A B ..., so that changes in the machine's speed affect all of them
 * equally. `now` returns milliseconds.
 */
export async function timeInTurn(
  cases: readonly TimedCase[],
  { warmup, rounds }: TimingSettings,
  now: () => number = () => performance.now(),
): Promise<Map<string, Timing>> {
  const samples = new Map<string, number[]>(cases.map(({ name }) => [name, []]))
  for (let round = -warmup; round < rounds; round++)
    for (const { name, run } of cases) {
      const start = now()
      await run()
      const duration = now() - start
      if (round >= 0) samples.get(name)?.push(duration)
    }
  return new Map([...samples].map(([name, values]) => [name, summarize(values)]))
}

function summarize(values: readonly number[]): Timing {
  const sorted = [...values].sort((a, b) => a - b)
  return { medianMs: quantile(sorted, 0.5), p10Ms: quantile(sorted, 0.1), p90Ms: quantile(sorted, 0.9) }
}
