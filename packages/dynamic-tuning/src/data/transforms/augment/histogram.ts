import type { Pixels } from '../../sources/pixels.ts'
import { mapBytes } from './colour.ts'

/** Keeps the `bits` highest bits of every byte. */
export function posterize(image: Pixels, bits: number): Pixels {
  const mask = 256 - (1 << (8 - bits))
  return mapBytes(image, (value) => value & mask)
}

/** Inverts bytes of `threshold` and more. */
export function solarize(image: Pixels, threshold: number): Pixels {
  return mapBytes(image, (value) => (value < threshold ? value : 255 - value))
}

/** Adds `amount` to bytes below 128, limited to 255. */
export function solarizeAdd(image: Pixels, amount: number): Pixels {
  return mapBytes(image, (value) => (value < 128 ? value + amount : value))
}

/** Inverts the image. */
export function invert(image: Pixels): Pixels {
  return mapBytes(image, (value) => 255 - value)
}

/** Stretches every channel to 0 ... 255. */
export function autoContrast(image: Pixels): Pixels {
  return mapChannels(image, (counts) => {
    const low = counts.findIndex((n) => n > 0)
    const high = counts.findLastIndex((n) => n > 0)
    if (high <= low) return (value) => value
    return (value) => Math.trunc(((value - low) * 255) / (high - low))
  })
}

/** Equalises every channel's histogram (as in PIL). */
export function equalize(image: Pixels): Pixels {
  return mapChannels(image, (counts) => {
    const used = counts.filter((n) => n > 0)
    const total = counts.reduce((a, b) => a + b)
    const step = Math.floor((total - (used.at(-1) ?? 0)) / 255)
    if (used.length <= 1 || step === 0) return (value) => value
    const table: number[] = []
    let sum = Math.floor(step / 2)
    for (const n of counts) {
      table.push(Math.floor(sum / step))
      sum += n
    }
    return (value) => table[value] ?? 0
  })
}

/** Counts the pixels with each of 256 values in channel `c`. */
function histogram(data: Uint8Array, c: number): number[] {
  const counts = new Array<number>(256).fill(0)
  for (let i = c; i < data.length; i += 3) {
    const value = data[i] as number
    counts[value] = (counts[value] as number) + 1
  }
  return counts
}

/** Maps each channel by a function computed from its histogram of 256 counts. */
function mapChannels(
  { width, height, data }: Pixels,
  make: (counts: readonly number[]) => (value: number) => number,
): Pixels {
  const out = new Uint8Array(data.length)
  for (let c = 0; c < 3; c++) {
    const change = make(histogram(data, c))
    const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => change(value))
    for (let i = c; i < data.length; i += 3) out[i] = table[data[i] as number] as number
  }
  return { width, height, data: out }
}
