import * as browser from '../../browser.ts'
import { residentTraining, type Trained } from './resident-scene.test.support.ts'

/** Bytes that the page has asked its GPU for. */
let bytes = 0
const buffers = (
  globalThis as { GPUBuffer?: { prototype: { mapAsync(...words: unknown[]): Promise<void>; size: number } } }
).GPUBuffer?.prototype
if (buffers) {
  const map = buffers.mapAsync
  buffers.mapAsync = function (...words) {
    bytes += this.size
    return map.apply(this, words)
  }
}

/** The page under test trains on its devices. */
Object.assign(globalThis, {
  entries: Object.keys(browser),
  train: (device: 'wasm' | 'webgpu'): Promise<Trained> => residentTraining(device, () => bytes),
})
