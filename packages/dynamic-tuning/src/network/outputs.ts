import type { TensorData } from '@dynamic-tuning/engine'

/** What a network gives for a batch, by name; each [B, ...]. */
export type Outputs = Readonly<Record<string, TensorData<'float32'>>>
