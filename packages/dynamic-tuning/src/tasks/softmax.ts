/** exp(x) / sum exp(x) of the logits of one sample; the largest is subtracted first. */
export function softmax(logits: Float32Array | Float64Array): number[] {
  const largest = Math.max(...logits)
  const weights = Array.from(logits, (logit) => Math.exp(logit - largest))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}
