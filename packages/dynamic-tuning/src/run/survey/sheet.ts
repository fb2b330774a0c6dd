import type { OverlayOptions } from 'sharp'
import { type Dataset, type Example, sourceName } from '../../data/example.ts'
import { type ClassColour, classColours, colourByClass } from '../../data/masks/colours.ts'
import type { Sample } from '../../data/samples/sample.ts'
import { loadSharp } from '../../data/sources/load-sharp.ts'
import type { Pixels } from '../../data/sources/pixels.ts'
import type { Truth } from '../../data/truth.ts'
import { DataError } from '../../errors.ts'
import { escapeText } from '../../report/escape.ts'
import { resizeImage } from '../../report/token-strip.ts'

/** An example of a dataset, to look at. */
export interface ShownExample {
  /** The picture, and the same coloured by class if there is a mask. */
  readonly pictures: readonly Pixels[]
  readonly caption: string
}

/** Longer side of a picture. */
const side = 160

/** Colours of the classes in pictures: those of the data, or ours. */
export const coloursOf = ({
  colours,
  classes,
}: Pick<Dataset, 'colours' | 'classes'>): readonly ClassColour[] => colours ?? classColours(classes.length)

/** Reads an example to show it; undefined if it cannot be read. */
export async function showExample(
  example: Example,
  dataset: Dataset,
  { truth, sample }: { readonly truth: Truth<unknown>; readonly sample: Sample },
): Promise<ShownExample | undefined> {
  try {
    const frames = await sample.pictures(example.source, side)
    const frame = frames[frames.length >> 1]
    if (frame === undefined) return undefined
    const picture = await resizeImage(frame.picture, side)
    const { labels, map } = await truth.look(example)
    const file = sourceName(example.source).split(/[/\\]/).at(-1) ?? ''
    if (map) return { pictures: [picture, colourByClass(picture, map, coloursOf(dataset))], caption: file }
    return { pictures: [picture], caption: labels.map((label) => dataset.classes[label] ?? '').join(', ') }
  } catch (error) {
    if (error instanceof DataError) return undefined
    throw error
  }
}

/** The pictures of an example side by side, as PNG. */
export async function examplePng({ pictures }: ShownExample): Promise<Uint8Array> {
  const height = Math.max(...pictures.map((each) => each.height))
  const width = pictures.reduce((sum, each) => sum + each.width, 0)
  const tiles = pictures.map((each, i) =>
    tile(
      each,
      pictures.slice(0, i).reduce((sum, { width: w }) => sum + w, 0),
      0,
    ),
  )
  return canvas(width, height).composite(tiles).png({ compressionLevel: 9 }).toBuffer()
}

const [gap, line] = [10, 20]

/** One PNG with all examples, their captions, and the colours of the classes if there are masks. */
export async function contactSheet(
  shown: readonly ShownExample[],
  { classes, colours }: { readonly classes: readonly string[]; readonly colours: readonly ClassColour[] },
): Promise<Uint8Array> {
  const masks = shown.some(({ pictures }) => pictures.length > 1)
  const tallest = Math.max(1, ...shown.flatMap(({ pictures }) => pictures.map((each) => each.height)))
  const [across, down] = [side * (masks ? 2 : 1) + gap, tallest + line + gap]
  const columns = Math.max(1, Math.min(shown.length, Math.floor(1400 / across)))
  const rows = Math.ceil(shown.length / columns)
  const width = gap + columns * across
  const perLine = Math.max(1, Math.floor(width / 150))
  const legend = masks ? classes.slice(0, 60) : []
  const height = gap + rows * down + Math.ceil(legend.length / perLine) * line
  const tiles: OverlayOptions[] = []
  const texts: string[] = []
  for (const [i, { pictures, caption }] of shown.entries()) {
    const [left, top] = [gap + (i % columns) * across, gap + Math.floor(i / columns) * down]
    pictures.forEach((picture, p) => {
      tiles.push(tile(picture, left + p * picture.width, top))
    })
    texts.push(text(left, top + tallest + 14, caption, Math.floor((across - gap) / 7)))
  }
  for (const [i, name] of legend.entries()) {
    const [left, top] = [gap + (i % perLine) * 150, gap + rows * down + Math.floor(i / perLine) * line]
    texts.push(`<rect x="${left}" y="${top}" width="14" height="14" fill="${cssColour(colours[i])}"/>`)
    texts.push(text(left + 20, top + 12, name, 17))
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${texts.join('')}</svg>`
  return canvas(width, height)
    .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer()
}

/** A colour for style sheets and SVG. */
export const cssColour = (colour: ClassColour = [0, 0, 0]): string =>
  `rgb(${colour.map(Math.round).join(',')})`

const canvas = (width: number, height: number) =>
  loadSharp()({ create: { width, height, channels: 3, background: '#ffffff' } })

const tile = ({ data, width, height }: Pixels, left: number, top: number): OverlayOptions => ({
  input: Buffer.from(data),
  raw: { width, height, channels: 3 },
  left,
  top,
})

function text(x: number, y: number, words: string, most: number): string {
  const cut = words.length > most ? `${words.slice(0, most - 1)}…` : words
  return `<text x="${x}" y="${y}" font-family="DejaVu Sans, Arial, sans-serif" font-size="12" fill="#333">${escapeText(cut)}</text>`
}
