import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../../errors.ts'

/** First weights of a gated MLP in Hugging Face, DINOv2's own files and timm. */
const gate = /\.mlp\.(?:weights_in|w12|fc1_g)\.weight$/

/**
 * Refuses a model with gated MLPs (SwiGLU), such as the giant DINOv2. tensors: under timm names.
 * @throws ConfigError
 */
export function refuseGatedMlps(source: string, tensors: ReadonlyMap<string, TensorData>): void {
  // timm packs value and gate into fc1, which then has twice the features of fc2's input.
  const packed = [...tensors].some(([name, { shape }]) => {
    const read = tensors.get(name.replace(/fc1\.weight$/, 'fc2.weight'))?.shape[1]
    return /\.mlp\.fc1\.weight$/.test(name) && read !== undefined && shape[0] === 2 * read
  })
  if (packed || [...tensors.keys()].some((name) => gate.test(name))) throw gatedMlp(source)
}

/** The error for models with gated MLPs. */
export function gatedMlp(subject: string): ConfigError {
  return new ConfigError(
    `${subject}: its MLPs are gated (SwiGLU), which this library cannot run. Use a small, base or large model.`,
  )
}
