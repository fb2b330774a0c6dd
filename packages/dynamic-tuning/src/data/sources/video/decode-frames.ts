import { present } from '../../../present.ts'
import type { Pixels } from '../pixels.ts'
import { badVideo, complaint, type VideoIndex } from './index-video.ts'
import { runTool } from './tools.ts'

/**
 * Decodes frames of a video by number, as 8-bit RGB rotated upright; decodes only from the key frame before
 * the first of them to the last. Frames whose shorter side exceeds `enough` pixels are reduced to that.
 * @param frames numbers in any order, possibly repeated
 * @throws DataError if they cannot be decoded; ToolError without ffmpeg
 */
export async function decodeFrames(
  path: string,
  index: VideoIndex,
  frames: readonly number[],
  enough: number,
): Promise<Pixels[]> {
  const wanted = [...new Set(frames)].sort((a, b) => a - b)
  const [first = 0] = wanted
  const from = index.timed ? keyBefore(index, first) : undefined
  const run = (seek: number | undefined) => decodeWanted(path, index, wanted, { enough, seek })
  let decoded = await run(from)
  // Some formats seek to a position that is too late.
  if (decoded.pictures.length < wanted.length && from !== undefined) decoded = await run(undefined)
  const { pictures, problem } = decoded
  if (pictures.length < wanted.length) {
    const why = problem === '' ? '' : `, ${problem}`
    throw badVideo(path, `only ${pictures.length} of ${wanted.length} frames can be decoded${why}`)
  }
  return frames.map((frame) => present(pictures[wanted.indexOf(frame)], `frame ${frame} of ${path}`))
}

/** Seconds from the start below which seeking to a key frame does not pay. */
const leastSeek = 1

/** Time of the last key frame at or before a frame; undefined if that is near the beginning. */
function keyBefore({ keys, times }: VideoIndex, frame: number): number | undefined {
  const [time = 0, start = 0] = [times[frame], times[0]]
  const key = keys.findLast((each) => each <= time)
  return key !== undefined && key - start > leastSeek ? key : undefined
}

interface How {
  readonly enough: number
  readonly seek: number | undefined
}

async function decodeWanted(path: string, index: VideoIndex, wanted: readonly number[], how: How) {
  const seek =
    how.seek === undefined
      ? []
      : ['-noaccurate_seek', '-ss', Math.max(0, how.seek - index.start + 0.0005).toFixed(6)]
  const { enough } = how
  const filters = [
    `select='${wanted.map((frame) => isFrame(index, frame)).join('+')}'`,
    `scale='if(gt(iw,ih),-1,min(iw,${enough}))':'if(gt(iw,ih),min(ih,${enough}),-1)':flags=bicubic+accurate_rnd+full_chroma_int`,
    'settb=1/25,setpts=N', // one picture each, whatever the times are
  ]
  const { stdout, stderr } = await runTool('ffmpeg', [
    ...['-v', 'error', '-nostdin', '-threads', '1', '-protocol_whitelist', 'file', '-copyts', ...seek],
    ...['-i', `file:${path}`, '-map', '0:V:0', '-filter_threads', '1', '-vf', filters.join(',')],
    ...['-r', '25', '-frames:v', String(wanted.length), '-f', 'image2pipe', '-c:v', 'ppm', 'pipe:1'],
  ])
  return { pictures: readPictures(stdout), problem: complaint(stderr, path) }
}

/** An ffmpeg expression that is true for one frame. */
function isFrame({ times, timed }: VideoIndex, frame: number): string {
  if (!timed) return `eq(n,${frame})`
  const time = times[frame] ?? 0
  const before = time - (times[frame - 1] ?? Number.NEGATIVE_INFINITY)
  const after = (times[frame + 1] ?? Number.POSITIVE_INFINITY) - time
  return `lt(abs(t-${time.toFixed(6)}),${(Math.min(before, after, 0.1) / 3).toFixed(9)})`
}

/**
 * Parses portable pixmaps, one after the other: `P6`, width, height and 255, each followed by
 * white space, then the pixels.
 */
function readPictures(bytes: Buffer): Pixels[] {
  const pictures: Pixels[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', at, at + 40))
    if (!head) break
    const [width, height] = [Number(head[1]), Number(head[2])]
    const start = at + head[0].length
    at = start + width * height * 3
    if (at > bytes.length) break
    pictures.push({ width, height, data: new Uint8Array(bytes.subarray(start, at)) })
  }
  return pictures
}
