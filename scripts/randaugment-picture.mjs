// Draws docs/images/randaugment.png: every operation of RandAugment at some levels. Run it after a change of
// their ranges:
//   npm run build && node scripts/randaugment-picture.mjs
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { drawImage, randOperations } from 'dynamic-tuning/data'

const sharp = createRequire(import.meta.resolve('dynamic-tuning'))('sharp')
const [size, gap, label, top] = [96, 6, 110, 26]
const photo = drawImage('nature', 3, 4, size)
const columns = [
  ['-10', 1, -1],
  ['-7', 0.7, -1],
  ['-3', 0.3, -1],
  ['image', 0, 1],
  ['3', 0.3, 1],
  ['7', 0.7, 1],
  ['10', 1, 1],
]
const names = Object.keys(randOperations)
const width = label + columns.length * (size + gap)
const height = top + names.length * (size + gap)
const text = (x, y, words, anchor) =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family="DejaVu Sans, Arial, sans-serif" font-size="14" fill="#7c8490">${words}</text>`
const captions = [
  ...names.map((name, row) => text(label - 8, top + row * (size + gap) + size / 2 + 5, name, 'end')),
  ...columns.map(([name], column) => text(label + column * (size + gap) + size / 2, 18, name, 'middle')),
]
const tiles = names.flatMap((name, row) =>
  columns.map(([title, level, direction], column) => {
    const { data } = title === 'image' ? photo : randOperations[name](photo, level, direction)
    return {
      input: Buffer.from(data),
      raw: { width: size, height: size, channels: 3 },
      left: label + column * (size + gap),
      top: top + row * (size + gap),
    }
  }),
)
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${captions.join('')}</svg>`
await sharp({ create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
  .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
  .png({ compressionLevel: 9, palette: true })
  .toFile(fileURLToPath(new URL('../docs/images/randaugment.png', import.meta.url)))
