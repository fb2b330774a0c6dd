import * as browser from '../../browser.ts'
import { residentTraining, type Trained } from './resident-scene.test.support.ts'

/** Bytes that the page has read back from its GPU. */
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

/** Functions that the test calls in the page. */
Object.assign(globalThis, {
  entries: Object.keys(browser),
  train: (device: 'wasm' | 'webgpu'): Promise<Trained> => residentTraining(device, () => bytes),
})
