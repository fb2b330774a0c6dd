import { present } from '@dynamic-tuning/engine'
import type { OverlayOptions } from 'sharp'
import { loadSharp } from '../data/sources/load-sharp.ts'
import type { Pixels } from '../data/sources/pixels.ts'
import { escapeText } from './escape.ts'
import { countActive, heatTokens, overlayTokens } from './token-overlay.ts'
import { type LayerTokens, resizeImage, selectedLayers } from './token-strip.ts'

/** A frame of a clip and the active tokens of each layer. */
export interface FrameTokens {
  readonly frame: Pixels
  /** The number of the frame in the video. */
  readonly number: number
  readonly layers: readonly LayerTokens[]
}

/** Appearance of a sheet; every field has a default. */
export interface ClipSheetOptions {
  /** Longer side of each tile in pixels (default 112). */
  readonly tile?: number
  /** Layers to show, by number; by default four spread from the first to the last. */
  readonly show?: readonly number[]
}

interface Row {
  readonly caption: string
  readonly pictures: readonly Pixels[]
}

const gap = 6
const [left, top] = [92, 24]
// Readable on white and on near-black alike: the sheet's background is transparent.
const captionColour = '#7c8490'

/**
 * One PNG of a clip: its frames side by side, below each its active tokens in several layers, and
 * in how many layers each token was active.
 * @throws DataError when a frame or grid does not fit its sizes, or a layer in `show` does not
 * exist
 */
export async function clipSheet(
  frames: readonly FrameTokens[],
  { tile = 112, show }: ClipSheetOptions = {},
): Promise<Uint8Array> {
  const pictures = await Promise.all(frames.map(({ frame }) => resizeImage(frame, tile)))
  const rows = rowsOf(frames, pictures, show)
  const { width, height } = present(pictures[0], 'the first frame of a clip sheet')
  const at = (row: number, column: number): { left: number; top: number } => ({
    left: left + column * (width + gap),
    top: top + row * (height + gap),
  })
  const tiles = rows.flatMap((row, r) =>
    row.pictures.map(
      ({ data, width: w, height: h }, c): OverlayOptions => ({
        input: Buffer.from(data),
        raw: { width: w, height: h, channels: 3 },
        ...at(r, c),
      }),
    ),
  )
  const [sheetWidth, sheetHeight] = [left + frames.length * (width + gap), top + rows.length * (height + gap)]
  const captions = [
    ...rows.map(({ caption }, r) => text(left - 8, at(r, 0).top + height / 2 + 5, caption, 'end')),
    ...frames.map(({ number }, c) => text(at(0, c).left + width / 2, 16, `frame ${number}`, 'middle')),
  ]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${sheetWidth}" height="${sheetHeight}">${captions.join('')}</svg>`
  const background = { r: 0, g: 0, b: 0, alpha: 0 }
  return loadSharp()({ create: { width: sheetWidth, height: sheetHeight, channels: 4, background } })
    .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .toBuffer()
}

function rowsOf(
  frames: readonly FrameTokens[],
  pictures: readonly Pixels[],
  show: readonly number[] | undefined,
): Row[] {
  const rows: Row[] = [{ caption: 'clip', pictures }]
  const layers = frames.map((frame) => selectedLayers(frame.layers, show))
  for (const [i, { layer, part }] of (layers[0] ?? []).entries())
    rows.push({
      caption: `${part ?? 'layer'} ${layer}`,
      pictures: pictures.map((picture, f) => {
        const { grid } = present(layers[f]?.[i], `layer ${layer} of frame ${f}`)
        return overlayTokens(picture, grid)
      }),
    })
  const depth = frames[0]?.layers.length ?? 0
  const unit = frames[0]?.layers.some(({ part }) => part !== undefined) ? 'gates' : 'layers'
  if (depth > 0)
    rows.push({
      caption: `of ${depth} ${unit}`,
      pictures: pictures.map((picture, f) => {
        const grids = frames[f]?.layers.map(({ grid }) => grid) ?? []
        return heatTokens(picture, countActive(grids), depth)
      }),
    })
  return rows
}

function text(x: number, y: number, words: string, anchor: 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family="DejaVu Sans, Arial, sans-serif" font-size="13" fill="${captionColour}">${escapeText(words)}</text>`
}

/** Animated WebP of pictures of one size (PNG), shown for `delay` milliseconds each, for ever. */
export async function animation(pictures: readonly Uint8Array[], delay: number): Promise<Uint8Array> {
  const frames = pictures.map((picture) => Buffer.from(picture))
  return loadSharp()(frames, { join: { animated: true } })
    .webp({ loop: 0, delay: frames.map(() => delay), quality: 85 })
    .toBuffer()
}
