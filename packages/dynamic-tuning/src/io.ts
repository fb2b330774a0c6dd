/**
 * Files: backbones from files and the hub, safetensors and the other formats of weights, run folders.
 */

export {
  type BackboneOptions,
  type Normalization,
  type OpenedBackbone,
  openBackbone,
  openBackboneConfig,
} from './io/backbone.ts'
export { type Checkpoint, saveCheckpointFile } from './io/checkpoint.ts'
export { isFreeForRun } from './io/failed-start.ts'
export { type DownloadProgress, type FetchControl, fetchModel } from './io/hub/fetch-model.ts'
export type { FetchedModel } from './io/hub/hub-cache.ts'
export type { HubSettings } from './io/hub/hub-settings.ts'
export type { ReceiveControl } from './io/hub/receive-file.ts'
export type { StallControl } from './io/hub/stall-timer.ts'
export { openTensors } from './io/open-tensors.ts'
export { isFolder, readText } from './io/regular-file.ts'
export type { RunCheckpoint } from './io/run-checkpoint.ts'
export type { RunFolder } from './io/run-folder.ts'
export { openSafetensors, type ReadOptions, readSafetensors, type SafetensorsFile } from './io/safetensors.ts'
export type { StoredDType, StoredTensor } from './io/safetensors-header.ts'
export { type WriteOptions, writeSafetensors } from './io/safetensors-writer.ts'
export { listenForStop, type StopListener, stoppedCode, stopSignals } from './io/stop-signals.ts'
export type { TensorFile } from './io/tensor-file.ts'
export { type FailureType, type FileContent, writeAside } from './io/write-aside.ts'
