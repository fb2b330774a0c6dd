import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DataError, ToolError } from '../../../errors.ts'
import { countedAs, countingPictures, ffmpeg, noFfmpeg, writeClip } from '../../testing/clips.ts'
import { inTempFolder, png } from '../../testing/files.ts'
import { decodeFrames } from './decode-frames.ts'
import { indexVideo } from './index-video.ts'

const lossless = {
  'mp4 with B-frames': [
    'clip.mp4',
    '-c:v',
    'libx264',
    '-qp',
    '8',
    '-bf',
    '3',
    '-g',
    '10',
    '-pix_fmt',
    'yuv420p',
  ],
  'webm, one key frame': ['clip.webm', '-c:v', 'libvpx', '-b:v', '2M', '-g', '999', '-auto-alt-ref', '0'],
  'avi without times': ['clip.avi', '-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p'],
  'transport stream': ['clip.ts', '-c:v', 'mpeg2video', '-q:v', '2', '-g', '10'],
  'mp4 of another start': ['late.mp4', '-c:v', 'libx264', '-qp', '8', '-output_ts_offset', '3', '-g', '10'],
} as const

describe.skipIf(noFfmpeg)(`decodeFrames ${noFfmpeg}`, () => {
  it.each(Object.entries(lossless))(
    'gives the frames asked for, in their order: %s',
    async (_, [name, ...codec]) => {
      await inTempFolder(async (folder) => {
        const path = join(folder, name)
        writeClip(path, countingPictures(55), codec)
        const index = await indexVideo(path)
        expect(index.times.length).toBe(55)
        const wanted = [53, 0, 17, 17, 54, 41, 40]
        const frames = await decodeFrames(path, index, wanted, 1000)
        expect(frames.map(countedAs)).toEqual(wanted)
        expect(frames.map(({ width, height }) => [width, height])).toEqual(wanted.map(() => [48, 32]))
        // After a seek.
        expect((await decodeFrames(path, index, [44, 47], 1000)).map(countedAs)).toEqual([44, 47])
      })
    },
  )

  it('shrinks to the shorter side and turns pictures upright', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'clip.mp4')
      writeClip(path, countingPictures(3, 60, 40))
      const [small] = await decodeFrames(path, await indexVideo(path), [1], 20)
      expect([small?.width, small?.height]).toEqual([30, 20])
      const turned = join(folder, 'turned.mp4')
      ffmpeg(['-i', path, '-c', 'copy', '-metadata:s:v', 'rotate=90', turned])
      const [upright] = await decodeFrames(turned, await indexVideo(turned), [1], 1000)
      expect([upright?.width, upright?.height]).toEqual([40, 60])
      expect(countedAs(upright as typeof upright & object)).toBe(1)
    })
  })

  it('refuses what is no good video, saying what is wrong with which', async () => {
    await inTempFolder(async (folder) => {
      const at = (name: string): string => join(folder, name)
      const fast = ['-c:v', 'libx264', '-qp', '8', '-pix_fmt', 'yuv420p', '-movflags', '+faststart']
      writeClip(at('good.mp4'), countingPictures(50))
      writeClip(at('fast.mp4'), countingPictures(50), fast)
      writeClip(at('good.mkv'), countingPictures(50))
      for (const name of ['good.mp4', 'fast.mp4', 'good.mkv']) {
        const bytes = readFileSync(at(name))
        writeFileSync(at(`cut-${name}`), bytes.subarray(0, Math.floor(bytes.length * 0.7)))
      }
      writeFileSync(at('empty.mp4'), '')
      writeFileSync(at('text.mp4'), 'this is no video, however it is called')
      writeFileSync(at('list.mp4'), '#EXTM3U\n#EXTINF:1,\ngood.mp4\n')
      writeFileSync(at('photo.mp4'), await png([1, 2, 3]))
      ffmpeg(['-f', 'lavfi', '-i', 'sine=duration=0.2', '-c:a', 'aac', at('sound.mp4')])
      const problems = {
        'empty.mp4': /is empty/,
        'none.mp4': /cannot be opened/,
        'text.mp4': /is no video, it starts with bytes 746869/,
        'list.mp4': /is no video/,
        'photo.mp4': /is no video, it starts with bytes 89504e47/,
        'sound.mp4': /has no pictures, only sound/,
        'cut-good.mp4': /cannot be read, moov atom not found/,
        'cut-fast.mp4': /is cut off/,
        'cut-good.mkv': /is cut off/,
      }
      for (const [name, why] of Object.entries(problems)) {
        const error = await indexVideo(at(name)).catch((thrown: unknown) => thrown)
        expect(error, name).toBeInstanceOf(DataError)
        expect((error as Error).message).toMatch(why)
        expect((error as Error).message).toContain(at(name))
        expect((error as Error).message).toMatch(
          /Replace or remove the file, or leave such clips out with --skip-bad\.$/,
        )
      }
    })
  })
})

describe('without ffmpeg', () => {
  const before = process.env.FFPROBE
  afterEach(() => {
    if (before === undefined) delete process.env.FFPROBE
    else process.env.FFPROBE = before
  })

  it('says what to install', async () => {
    process.env.FFPROBE = 'no-such-program'
    await inTempFolder(async (folder) => {
      writeFileSync(join(folder, 'a.mp4'), '\0\0\0\x20ftypisom')
      const error = await indexVideo(join(folder, 'a.mp4')).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ToolError)
      expect(String(error)).toMatch(/Install ffmpeg \(Debian and Ubuntu: apt-get install ffmpeg/)
    })
  })
})
