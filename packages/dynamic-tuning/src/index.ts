export * from './errors.ts'
export { openSafetensors, type ReadOptions, readSafetensors, type SafetensorsFile } from './io/safetensors.ts'
export type { StoredDType, StoredTensor } from './io/safetensors-header.ts'
export { type WriteOptions, writeSafetensors } from './io/safetensors-writer.ts'
