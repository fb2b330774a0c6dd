import { spawnSync } from 'node:child_process'
import type { Pixels } from '../sources/pixels.ts'

const found = spawnSync('ffmpeg', ['-version']).status === 0

/** Reason for skipping tests of decoding; empty if ffmpeg is installed. */
export const noFfmpeg = found ? '' : 'skipped: ffmpeg is not installed'
if (!found) console.info(`tests of video decoding are ${noFfmpeg}`)

/** Runs ffmpeg to create a test file. */
export function ffmpeg(args: readonly string[], input?: Uint8Array): void {
  const result = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args], {
    ...(input && { input }),
    maxBuffer: 2 ** 28,
  })
  if (result.status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${result.stderr}`)
}

/**
 * Writes pictures of one size as a video of 25 frames per second; `encoding` has ffmpeg's
 * options for codec and container.
 */
export function writeClip(
  path: string,
  pictures: readonly Pixels[],
  encoding: readonly string[] = ['-c:v', 'libx264', '-qp', '10', '-pix_fmt', 'yuv444p', '-g', '12'],
): void {
  const [{ width, height }] = pictures as [Pixels]
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', '25', '-i', 'pipe:0']
  ffmpeg([...raw, ...encoding, path], Buffer.concat(pictures.map(({ data }) => data)))
}

/** Grey pictures of increasing brightness: picture i has the value 4 i + 20 and a white bar on the left. */
export function countingPictures(count: number, width = 48, height = 32): Pixels[] {
  return Array.from({ length: count }, (_, i) => {
    const data = new Uint8Array(width * height * 3).fill(4 * i + 20)
    for (let y = 0; y < height; y++) data.fill(255, y * width * 3, y * width * 3 + 12)
    return { width, height, data }
  })
}

/** Index of a counting picture, from its brightness. */
export function countedAs({ width, height, data }: Pixels): number {
  const middle = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 3
  return Math.round(((data[middle] as number) - 20) / 4)
}
