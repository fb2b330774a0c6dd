/** How often a label was named where it is there, where it is not, and not named where it is. */
export interface Counts {
  readonly found: number
  readonly wrong: number
  readonly missed: number
}

/** F1 = 2 found / (2 found + wrong + missed); NaN where there is nothing to name and nothing was named. */
export function f1Of({ found, wrong, missed }: Counts): number {
  return (2 * found) / (2 * found + wrong + missed)
}

/** Sums of several counts. */
export function sumOf(all: readonly Counts[]): Counts {
  const total = (name: keyof Counts): number => all.reduce((sum, counts) => sum + counts[name], 0)
  return { found: total('found'), wrong: total('wrong'), missed: total('missed') }
}
