import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Example, ImageSource } from '../example.ts'
import { inOrder } from './order.ts'

const file = (path: string): ImageSource => ({ kind: 'file', path })
const tar = (name: string): ImageSource => ({ kind: 'tar', archive: 'a.tar', offset: 0, size: 1, name })
const packed = (name: string): ImageSource => ({
  kind: 'packed',
  file: 'a.bin',
  offset: 0,
  width: 1,
  height: 1,
  plane: 'rows',
  name,
})

describe('inOrder', () => {
  it('is by label, file name and path, whatever holds the images', () => {
    const wanted = ['x/B.png', 'x/a.png', 'y/a.png', 'x/a10.png', 'x/a9.png']
    for (const source of [file, tar]) {
      const examples = [
        ...wanted.map((path): Example<number> => ({ source: source(path), truth: 1 })),
        { source: source('z/z.png'), truth: 0 },
      ]
      const sorted = [...examples.slice(5), ...examples.slice(0, 5)]
      for (let seed = 0; seed < 5; seed++)
        expect(inOrder(random(seed).shuffle([...examples]))).toEqual(sorted)
      expect(inOrder(sorted)).toBe(sorted)
    }
  })

  it('puts packed images where files of the same names would come', () => {
    const labels = [2, 0, 1, 0, 2, 1]
    const names = labels.map((_, i) => String(i).padStart(5, '0'))
    const asPacked = labels.map(
      (label, i): Example<number> => ({ source: packed(names[i] as string), truth: label }),
    )
    const asFiles = labels.map(
      (label, i): Example<number> => ({ source: file(`${label}/${names[i]}.png`), truth: label }),
    )
    const places = (all: readonly Example<number>[], sorted: readonly Example<number>[]) =>
      sorted.map((each) => all.indexOf(each))
    expect(places(asPacked, inOrder(asPacked))).toEqual([1, 3, 2, 5, 0, 4])
    expect(places(asFiles, inOrder(asFiles))).toEqual([1, 3, 2, 5, 0, 4])
  })

  it('keeps an image that is listed twice, and drawn images in order of their numbers', () => {
    const twice: Example<number> = { source: file('a.png'), truth: 0 }
    expect(inOrder([twice, twice])).toEqual([twice, twice])
    const drawn = [10, 9].map(
      (index): Example<number> => ({ source: { kind: 'drawn', task: 't', seed: 0, index }, truth: 0 }),
    )
    expect(inOrder(drawn)).toEqual([drawn[1], drawn[0]])
  })
})
