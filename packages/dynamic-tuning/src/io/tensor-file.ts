import type { TensorData } from '@dynamic-tuning/engine'

/** An open file of weights, whatever its format: names and shapes are known, values follow on demand. Close it after use. */
export interface TensorFile {
  readonly path: string
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>
  /** Free text by key; empty for formats that have none. */
  readonly metadata: Readonly<Record<string, string>>
  /** The values of one tensor, halves widened to float32. @throws CheckpointError for an unknown name or damaged values */
  read(name: string): TensorData
  /** The same, fetched anew whenever they are asked for, also after `close`; undefined for small ones, absent where a format cannot. @throws as `read` */
  onDemand?(name: string): TensorData | undefined
  close(): void
}

/** A format of files of weights: a line in `open-tensors.ts`. */
export interface TensorFormat {
  readonly name: string
  /** Whether a file is of this format, by its first bytes (at most 512) alone. */
  matches(start: Uint8Array): boolean
  /** @throws CheckpointError naming the file, and the tensor where there is one */
  open(path: string): TensorFile
}

/** The values of all tensors, in the order of the file. */
export function readAll(file: TensorFile): Map<string, TensorData> {
  return new Map([...file.tensors.keys()].map((name) => [name, file.read(name)]))
}
