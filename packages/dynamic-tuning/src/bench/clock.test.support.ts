/**
 * A clock for cases that run in turn and last as long as given, in milliseconds: each is asked for the time
 * before and after it runs.
 */
export function clockOf(...durations: readonly number[]): () => number {
  let [calls, time] = [0, 0]
  return () => {
    if (calls % 2 === 1) time += durations[((calls - 1) / 2) % durations.length] ?? Number.NaN
    calls++
    return time
  }
}
