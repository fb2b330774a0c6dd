import type { Pixels } from '../sources/pixels.ts'

/** Shared memory for decoded images; all workers use it. */
export interface CacheMemory {
  /**
   * `[examples, 4]`: state, width, height, start (in words of 4 bytes); one more word
   * stores the next free start.
   */
  readonly table: SharedArrayBuffer
  readonly bytes: SharedArrayBuffer
}

/** Decoded images by example index. Images are added until it is full, and never removed. */
export interface PixelCache {
  /** Returns the image, which must not be changed, or `undefined`. */
  get(index: number): Pixels | undefined
  put(index: number, image: Pixels): void
}

const empty = 0
const writing = 1
const ready = 2

/**
 * Memory for the images of `examples` examples, `bytes` in all. The system provides it
 * page by page, as it fills.
 */
export function cacheMemory(examples: number, bytes: number): CacheMemory {
  return {
    table: new SharedArrayBuffer((examples * 4 + 1) * 4),
    bytes: new SharedArrayBuffer(Math.floor(bytes / 4) * 4),
  }
}

/** Opens the cache in `memory`. Several workers may use the same memory at once. */
export function pixelCache(memory: CacheMemory): PixelCache {
  const table = new Int32Array(memory.table)
  const next = table.length - 1
  const capacity = memory.bytes.byteLength / 4
  return {
    get(index) {
      const at = index * 4
      if (Atomics.load(table, at) !== ready) return undefined
      const [width = 0, height = 0, start = 0] = table.subarray(at + 1, at + 4)
      return { width, height, data: new Uint8Array(memory.bytes, start * 4, width * height * 3) }
    },
    put(index, { width, height, data }) {
      const words = Math.ceil(data.length / 4)
      if (words > capacity - Atomics.load(table, next)) return
      const at = index * 4
      if (Atomics.compareExchange(table, at, empty, writing) !== empty) return
      const start = Atomics.add(table, next, words)
      if (start + words > capacity) {
        Atomics.sub(table, next, words)
        Atomics.store(table, at, empty)
        return
      }
      new Uint8Array(memory.bytes, start * 4, data.length).set(data)
      table[at + 1] = width
      table[at + 2] = height
      table[at + 3] = start
      Atomics.store(table, at, ready)
    },
  }
}
