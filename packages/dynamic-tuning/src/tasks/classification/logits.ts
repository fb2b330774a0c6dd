/** Index of the largest of `count` values from `start`, the first of several. */
export function argMaxAt(values: Float32Array, start: number, count: number): number {
  let best = 0
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const value = values[start + i] ?? Number.NaN
    if (value > largest) [best, largest] = [i, value]
  }
  return best
}

/** -ln softmax(logits)[label] of the row of `count` logits from `start`. */
export function crossEntropyAt(logits: Float32Array, start: number, count: number, label: number): number {
  const row = logits.subarray(start, start + count)
  const largest = row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY)
  const sum = row.reduce((all, logit) => all + Math.exp(logit - largest), 0)
  return Math.log(sum) + largest - (row[label] ?? Number.NaN)
}
