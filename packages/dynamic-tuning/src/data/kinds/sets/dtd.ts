import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { Example } from '../../example.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'
import { type Line, labelOf, readLines } from './lines.ts'

/**
 * Describable Textures (arXiv:1311.3618), first split: `labels/train1.txt` with lines
 * `banded/banded_0002.jpg`, and `images/`.
 */
export const dtd: DatasetKind = {
  name: 'dtd',
  title: 'DTD',
  expects: 'labels/train1.txt, labels/val1.txt, labels/test1.txt and images/',
  locate: holding(['labels/train1.txt', 'labels/val1.txt', 'labels/test1.txt', 'images'], ['dtd']),
  open(folder, options) {
    const lines = (part: string): Line[] => readLines(join(folder, 'labels', `${part}1.txt`))
    const train = lines('train')
    const classes = [...new Set(train.map(textureOf))].sort()
    const label = labelOf(classes, 'labels/train1.txt')
    const image = imageFiles(join(folder, 'images'))
    const example = (line: Line): Example<number> => ({
      truth: label(textureOf(line), line.place),
      source: image(line.text, line.place),
    })
    const parts = {
      train: train.map(example),
      validation: lines('val').map(example),
      test: lines('test').map(example),
    }
    return { name: 'DTD', classes, ...usedParts(parts, options) }
  },
}

function textureOf({ text, place }: Line): string {
  const [texture, file] = text.split('/')
  if (texture && file) return texture
  throw new DataError(`dataset: ${place}: expected "texture/image.jpg", got ${JSON.stringify(text)}`)
}
