import type { TensorData } from '@dynamic-tuning/engine'

/**
 * An open weight file of any format: names and shapes are known, values are read on
 * demand. Close it after use.
 */
export interface TensorFile {
  readonly path: string
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>
  /** Free text by key; empty for formats that have none. */
  readonly metadata: Readonly<Record<string, string>>
  /**
   * The values of one tensor; halves are converted to float32.
   * @throws CheckpointError for an unknown name or damaged values
   */
  read(name: string): TensorData
  /**
   * The same tensor, whose values are read from the file at each use, also after `close`. Returns undefined
   * for small tensors; absent for formats that cannot do this.
   * @throws CheckpointError as `read`
   */
  onDemand?(name: string): TensorData | undefined
  close(): void
}

/** A format of weight files; all are listed in `open-tensors.ts`. */
export interface TensorFormat {
  readonly name: string
  /** True if a file with these first bytes (at most 512) has this format. */
  matches(start: Uint8Array): boolean
  /** @throws CheckpointError naming the file and, if there is one, the tensor */
  open(path: string): TensorFile
}

/** The values of all tensors, in the order of the file. */
export function readAll(file: TensorFile): Map<string, TensorData> {
  return new Map([...file.tensors.keys()].map((name) => [name, file.read(name)]))
}
