import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { imagePaths } from './image-paths.ts'

const folder = mkdtempSync(join(tmpdir(), 'images-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const name of ['a.jpg', 'b.PNG', 'c.txt', '.d.jpg', 'x/e.jpg', 'x/y/f.webp', 'x/[g].jpg']) {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), '')
}
const found = (...places: string[]): string[] =>
  imagePaths(places.map((place) => join(folder, place))).map((path) => path.slice(folder.length + 1))

describe('imagePaths', () => {
  it('takes files as they are, whatever they are called, and folders with all below', () => {
    expect(found('c.txt', 'nowhere.jpg')).toEqual(['c.txt', 'nowhere.jpg'])
    expect(found('.')).toEqual(['a.jpg', 'b.PNG', 'x/[g].jpg', 'x/e.jpg', 'x/y/f.webp'])
  })

  it('expands patterns that the shell left alone', () => {
    expect(found('*.jpg')).toEqual(['a.jpg'])
    expect(found('x/?.jpg')).toEqual(['x/e.jpg'])
    expect(found('**/*.jpg')).toEqual(['a.jpg', 'x/[g].jpg', 'x/e.jpg'])
    expect(found('x/[*.jpg')).toEqual(['x/[g].jpg'])
  })

  it('follows links to folders, but not back to a folder above', () => {
    symlinkSync('..', join(folder, 'x/back'))
    symlinkSync('y', join(folder, 'x/also'))
    symlinkSync('loop', join(folder, 'x/loop'))
    try {
      expect(found('.').slice(2)).toEqual(['x/[g].jpg', 'x/also/f.webp', 'x/e.jpg', 'x/y/f.webp'])
      expect(found('**/*.webp')).toEqual(['x/y/f.webp'])
      expect(found('x/loop')).toEqual(['x/loop'])
    } finally {
      for (const name of ['back', 'also', 'loop']) unlinkSync(join(folder, 'x', name))
    }
  })

  it('refuses places without images', () => {
    expect(() => found('*.gif')).toThrow(/there are no images in .*\*\.gif/)
    mkdirSync(join(folder, 'empty'))
    expect(() => found('empty')).toThrow('Name another place.')
  })
})
