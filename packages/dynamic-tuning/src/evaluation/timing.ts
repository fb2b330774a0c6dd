/** Something to be timed. */
export interface TimedCase {
  readonly name: string
  run(): Promise<unknown>
}

/** How often everything runs. */
export interface TimingSettings {
  /** Runs of each case that are not counted, first. */
  readonly warmup: number
  readonly rounds: number
}

/** Milliseconds of the counted runs. */
export interface Timing {
  readonly medianMs: number
  readonly p10Ms: number
  readonly p90Ms: number
}

/**
 * Times cases in turn, A B A B ..., so that a machine whose speed drifts is fair to all of them.
 * `now` gives milliseconds.
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
      if (round >= 0) samples.get(name)?.push(now() - start)
    }
  return new Map([...samples].map(([name, values]) => [name, summarize(values)]))
}

function summarize(values: readonly number[]): Timing {
  const sorted = [...values].sort((a, b) => a - b)
  return { medianMs: quantile(sorted, 0.5), p10Ms: quantile(sorted, 0.1), p90Ms: quantile(sorted, 0.9) }
}

/** The value below which `share` of the sorted values lie, between neighbours by a straight line. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] as number
  const high = sorted[Math.ceil(place)] as number
  return low + (high - low) * (place - Math.floor(place))
}
