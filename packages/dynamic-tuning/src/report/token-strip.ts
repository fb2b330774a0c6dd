import type { OverlayOptions, Sharp } from 'sharp'
import { loadSharp } from '../data/sources/load-sharp.ts'
import type { Pixels } from '../data/sources/pixels.ts'
import { DataError } from '../errors.ts'
import type { View } from '../evaluation/picture.ts'
import { escapeText } from './escape.ts'
import {
  checkImage,
  countActive,
  heatColour,
  heatTokens,
  overlayTokens,
  type TokenGrid,
} from './token-overlay.ts'

/** The active tokens of one layer, with the layer's number from 0 (shown as written here). */
export interface LayerTokens {
  readonly layer: number
  /** Part of the layer, if several are dispatched. */
  readonly part?: string
  readonly grid: TokenGrid
}

/** Appearance of a strip; every field has a default. */
export interface StripOptions {
  /** Longer side of each tile in pixels (default 208). */
  readonly tile?: number
  /** Layers to show, by number; by default four spread from the first to the last. */
  readonly show?: readonly number[]
  /** Add the picture of how many layers each token was active in (default true). */
  readonly heat?: boolean
  /** How small images are enlarged (default smooth). */
  readonly enlarge?: 'smooth' | 'nearest'
  /** Caption under the original image (default "image"). */
  readonly caption?: string
  /** Views of the image to show after it. */
  readonly views?: readonly View[]
}

const gap = 10
const captionHeight = 30
// Readable on white and on near-black alike: the strip's background is transparent.
const captionColour = '#7c8490'

interface Tile {
  readonly image: Pixels
  readonly caption: string
  readonly heatOf?: number
}

/**
 * One PNG: the original, the selected layers with skipped tokens dimmed, and the heat picture, side by side
 * with captions on a transparent background.
 * @throws DataError when an image or grid does not fit its sizes, or a layer in `show` is not in `layers`.
 */
export async function tokenStrip(
  image: Pixels,
  layers: readonly LayerTokens[],
  options: StripOptions = {},
): Promise<Uint8Array> {
  const large = await resizeImage(image, options.tile ?? 208, options.enlarge ?? 'smooth')
  const tiles = (options.views ?? []).map(({ caption, draw }): Tile => ({ image: draw(large), caption }))
  for (const { layer, part, grid } of selectedLayers(layers, options.show)) {
    const name = part === undefined ? `layer ${layer}` : `${part} ${layer}`
    tiles.push({ image: overlayTokens(large, grid), caption: `${name} · ${shareOf(grid)}` })
  }
  if (layers.length > 0 && (options.heat ?? true)) {
    const counts = countActive(layers.map(({ grid }) => grid))
    tiles.push({ image: heatTokens(large, counts, layers.length), caption: 'layers', heatOf: layers.length })
  }
  return composeTiles({ image: large, caption: options.caption ?? 'image' }, tiles)
}

/** PNG bytes of an image. */
export async function encodePng(image: Pixels): Promise<Uint8Array> {
  checkImage(image)
  return await rawSharp(image).png({ compressionLevel: 9 }).toBuffer()
}

/** The image enlarged or reduced until its longer side is `side` pixels, keeping its proportions. */
export async function resizeImage(
  image: Pixels,
  side: number,
  enlarge: 'smooth' | 'nearest' = 'smooth',
): Promise<Pixels> {
  checkImage(image)
  const factor = side / Math.max(image.height, image.width)
  const height = Math.max(1, Math.round(image.height * factor))
  const width = Math.max(1, Math.round(image.width * factor))
  const kernel = enlarge === 'nearest' ? 'nearest' : factor > 1 ? 'cubic' : 'lanczos3'
  const data = await rawSharp(image).resize(width, height, { fit: 'fill', kernel }).raw().toBuffer()
  return { data: new Uint8Array(data), height, width }
}

function rawSharp(image: Pixels): Sharp {
  return loadSharp()(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
}

/**
 * The layers to show, by number; by default four spread from the first to the last.
 * @throws DataError for an unknown one
 */
export function selectedLayers(layers: readonly LayerTokens[], show?: readonly number[]): LayerTokens[] {
  if (!show) {
    const wanted = Math.min(4, layers.length)
    const index = (i: number): number =>
      wanted < 2 ? 0 : Math.round((i * (layers.length - 1)) / (wanted - 1))
    return Array.from({ length: wanted }, (_, i) => index(i)).flatMap((i) => layers.slice(i, i + 1))
  }
  return show.map((layer) => {
    const found = layers.find((candidate) => candidate.layer === layer)
    if (found) return found
    const known = layers.map((candidate) => candidate.layer).join(', ')
    throw new DataError(`token strip: no layer ${layer}, got layers ${known}. Choose among these.`)
  })
}

function shareOf({ values }: TokenGrid): string {
  let active = 0
  for (let i = 0; i < values.length; i++) if ((values[i] ?? 0) > 0.5) active++
  return `${Math.round((100 * active) / values.length)} %`
}

async function composeTiles(original: Tile, layers: readonly Tile[]): Promise<Uint8Array> {
  const tiles = [original, ...layers]
  const first = original.image
  const width = tiles.length * (first.width + gap) - gap
  const overlays: OverlayOptions[] = tiles.map(({ image }, i) => ({
    input: Buffer.from(image.data),
    raw: { width: image.width, height: image.height, channels: 3 },
    left: i * (first.width + gap),
    top: 0,
  }))
  const captions = tiles.map((tile, i) => captionSvg(tile, i * (first.width + gap), first.width))
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${captionHeight}">${captions.join('')}</svg>`
  overlays.push({ input: Buffer.from(svg), left: 0, top: first.height })
  const background = { r: 0, g: 0, b: 0, alpha: 0 }
  const canvas = loadSharp()({
    create: { width, height: first.height + captionHeight, channels: 4, background },
  })
  return await canvas.composite(overlays).png({ compressionLevel: 9 }).toBuffer()
}

function captionSvg(tile: Tile, left: number, width: number): string {
  const middle = left + width / 2
  const style = `font-family="DejaVu Sans, Arial, sans-serif" font-size="15" fill="${captionColour}"`
  if (tile.heatOf === undefined) {
    return `<text x="${middle}" y="21" text-anchor="middle" ${style}>${escapeText(tile.caption)}</text>`
  }
  const [from, length] = [left + 18, width * 0.4]
  const cells = Array.from({ length: 24 }, (_, i) => {
    const [r, g, b] = heatColour(i / 23).map(Math.round)
    const x = from + (i * length) / 24
    return `<rect x="${x}" y="10" width="${length / 24 + 0.5}" height="12" fill="rgb(${r},${g},${b})"/>`
  })
  const low = `<text x="${from - 6}" y="21" text-anchor="end" ${style}>0</text>`
  const high = `<text x="${from + length + 6}" y="21" ${style}>${tile.heatOf} ${tile.caption}</text>`
  return low + cells.join('') + high
}
