import { DataError } from '../../errors.ts'
import { type ImageSource, sourceName } from '../example.ts'
import { drawClip, drawnFrames } from './drawn/draw-clip.ts'
import { drawnTask } from './drawn/tasks.ts'
import type { Pixels } from './pixels.ts'
import { decodeFrames } from './video/decode-frames.ts'
import { indexVideo, type VideoIndex } from './video/index-video.ts'

/** A video whose frames can be read. */
export interface Clip {
  /** Number of frames, 1 or more. */
  readonly total: number
  /** Decodes some frames. Their shorter side is at least `enough` pixels, unless the video is smaller. */
  read(frames: readonly number[], enough: number): Promise<Pixels[]>
}

/** Opens videos of any source; caches the frame indexes of the most recent ones. */
export interface ClipReader {
  /** @throws DataError for a video that cannot be read; ToolError without ffmpeg */
  open(source: ImageSource): Promise<Clip>
  close(): void
}

/** Number of cached frame indexes; one of 300 frames takes 5 kB. */
const remembered = 4096

/** Creates a reader. Drawn clips are `drawnSize` pixels wide and high. */
export function clipReader(drawnSize: number): ClipReader {
  const indices = new Map<string, VideoIndex>()
  return {
    open: (source) => openClip(source, drawnSize, indices),
    close: () => indices.clear(),
  }
}

async function openClip(
  source: ImageSource,
  drawnSize: number,
  indices: Map<string, VideoIndex>,
): Promise<Clip> {
  if (source.kind === 'drawn' && drawnTask(source.task).kind === 'clip') {
    const { task, seed, index } = source
    return { total: drawnFrames, read: async (frames) => drawClip(task, seed, index, frames, drawnSize) }
  }
  if (source.kind !== 'file')
    throw new DataError(`video: ${sourceName(source)} is no video file. Give videos as files.`)
  const { path } = source
  const index = indices.get(path) ?? (await indexVideo(path))
  const [oldest] = indices.keys()
  if (indices.size >= remembered && oldest !== undefined) indices.delete(oldest)
  indices.set(path, index)
  return {
    total: index.times.length,
    read: (frames, enough) => decodeFrames(path, index, frames, enough),
  }
}
