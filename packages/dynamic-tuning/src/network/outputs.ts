import type { TensorData } from '@dynamic-tuning/engine'

/** The outputs of a network for a batch, by name; each [B, ...]. */
export type Outputs = Readonly<Record<string, TensorData<'float32'>>>
