import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

/** Folder of the fixtures that are in the project. */
export const fixtures = fileURLToPath(new URL('../../../packages/dynamic-tuning/fixtures', import.meta.url))

/** Bytes of `count` float32 numbers 0, 1, 2, ... */
export function float32Pieces(count) {
  return Buffer.from(Float32Array.from({ length: count }, (_, i) => i).buffer)
}

/** A small picture in a format. */
export function picture(format, options = {}) {
  const pixels = Buffer.from(Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 37) % 256))
  return sharp(pixels, { raw: { width: 24, height: 16, channels: 3 } })
    .toFormat(format, options)
    .toBuffer()
}

/** The files below a folder by relative path. */
export function filesBelow(folder, below = '') {
  return Object.assign(
    {},
    ...readdirSync(join(folder, below)).map((name) => {
      const path = below === '' ? name : `${below}/${name}`
      return statSync(join(folder, path)).isDirectory()
        ? filesBelow(folder, path)
        : { [path]: readFileSync(join(folder, path)) }
    }),
  )
}

/** Short videos in several formats; none without ffmpeg. */
export function videos(folder) {
  const made = ['a.mp4', 'a.webm', 'a.avi', 'a.mkv'].flatMap((name) => {
    const path = join(folder, name)
    try {
      const source = 'testsrc=size=32x24:rate=8:duration=1'
      execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, path], { stdio: 'ignore' })
    } catch {
      return []
    }
    return existsSync(path) ? [readFileSync(path)] : []
  })
  return made
}
