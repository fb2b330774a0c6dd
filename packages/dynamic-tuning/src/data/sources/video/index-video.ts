import { open, stat } from 'node:fs/promises'
import { z } from 'zod'
import { DataError } from '../../../errors.ts'
import { messageOf } from '../../../message-of.ts'
import { maxPixels } from '../decode.ts'
import { runTool } from './tools.ts'

/** Index of a video's frames, made without decoding any. */
export interface VideoIndex {
  /** Time of each frame in seconds, ascending. */
  readonly times: Float64Array
  /** Times of the key frames, which need no other frames, ascending. */
  readonly keys: Float64Array
  /** The time that seeking counts from. */
  readonly start: number
  /**
   * True if the file stores the frames' times; otherwise `times` are guesses and
   * frames are selected by number.
   */
  readonly timed: boolean
}

const advice = 'Replace or remove the file, or leave such clips out with --skip-bad.'

/** The error for a damaged video. */
export function badVideo(path: string, why: string): DataError {
  return new DataError(`video: ${path}: ${why}. ${advice}`)
}

const count = z.string().regex(/^\d+$/).transform(Number).optional().catch(undefined)
const seconds = z.string().transform(Number).pipe(z.number()).optional().catch(undefined)
const schema = z.object({
  packets: z.array(z.object({ pts_time: seconds, dts_time: seconds, flags: z.string() })).default([]),
  streams: z.array(z.object({ width: z.number(), height: z.number(), nb_frames: count })).default([]),
  format: z.object({ start_time: seconds }).default({}),
})

/**
 * Indexes the frames of the first video stream of a file.
 * @throws DataError if the file is missing, empty, not a video, without pictures, cut off or has too many
 * pixels; ToolError without ffmpeg
 */
export async function indexVideo(path: string): Promise<VideoIndex> {
  await checkSignature(path)
  const entries = 'packet=pts_time,dts_time,flags:stream=width,height,nb_frames:format=start_time'
  const { stdout, stderr, ok } = await runTool('ffprobe', [
    ...['-v', 'error', '-protocol_whitelist', 'file', '-select_streams', 'V:0'],
    ...['-show_entries', entries, '-of', 'json', `file:${path}`],
  ])
  if (!ok) throw badVideo(path, `cannot be read, ${complaint(stderr, path) || 'damaged'}`)
  const { packets, streams, format } = schema.parse(JSON.parse(stdout.toString('utf8')))
  const [stream] = streams
  if (stream === undefined) throw badVideo(path, 'has no pictures, only sound')
  if (stream.width * stream.height > maxPixels)
    throw badVideo(
      path,
      `has ${stream.width} x ${stream.height} pixels, more than ${maxPixels / 1e6} million`,
    )
  const promised = stream.nb_frames ?? 0
  if (packets.length < promised)
    throw badVideo(path, `is cut off, ${packets.length} of ${promised} frames are there`)
  if (/partial file|ended prematurely|truncat/i.test(stderr)) throw badVideo(path, 'is cut off')
  if (packets.length === 0) throw badVideo(path, 'has no frames')
  return indexOf(packets, format.start_time ?? 0)
}

type Packets = z.infer<typeof schema>['packets']

function indexOf(packets: Packets, start: number): VideoIndex {
  const shown = packets.filter(({ flags }) => !flags.includes('D'))
  const timed = shown.every(({ pts_time }) => pts_time !== undefined)
  const timesOf = (list: Packets): Float64Array =>
    Float64Array.from(list, ({ pts_time, dts_time }, i) => (timed ? pts_time : dts_time) ?? i).sort()
  return {
    times: timed ? Float64Array.from(new Set(timesOf(shown))) : timesOf(shown),
    keys: timesOf(shown.filter(({ flags }) => flags.includes('K'))),
    start,
    timed,
  }
}

/** Only these formats reach the decoder, whatever the file's ending (a playlist would open other files). */
const signatures: readonly { at: number; text: string }[] = [
  { at: 4, text: 'ftyp' }, // MP4, MOV, 3GP
  ...['moov', 'mdat', 'wide', 'free', 'skip'].map((text) => ({ at: 4, text })), // old QuickTime
  { at: 0, text: '\x1a\x45\xdf\xa3' }, // WebM, Matroska
  { at: 8, text: 'AVI ' },
  { at: 0, text: 'FLV\x01' },
  { at: 0, text: 'OggS' },
  { at: 0, text: '\x30\x26\xb2\x75' }, // WMV, ASF
  { at: 0, text: '\0\0\x01\xba' }, // MPEG program stream
  { at: 0, text: '\0\0\x01\xb3' }, // MPEG video
  { at: 188, text: 'G' }, // MPEG transport stream
]

async function checkSignature(path: string): Promise<void> {
  const head = await firstBytes(path)
  if (head.length === 0) throw badVideo(path, 'is empty')
  const known = signatures.some(({ at, text }) => head.toString('latin1', at, at + text.length) === text)
  if (!known) throw badVideo(path, `is no video, it starts with bytes ${head.subarray(0, 8).toString('hex')}`)
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file')
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(192), 0, 192, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw badVideo(path, `cannot be opened, ${messageOf(error)}`)
  }
}

/** The first complaint in a program's output, without the names of its parts and of the file. */
export function complaint(stderr: string, path: string): string {
  const [line = ''] = stderr.split('\n')
  const bare = line.replace(/^\[[^\]]*\]\s*/, '').replaceAll(`file:${path}`, '')
  return bare.replaceAll(path, '').replace(/^[\s:]+|[\s:.]+$/g, '')
}
