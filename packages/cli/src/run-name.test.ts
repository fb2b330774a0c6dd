import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dataName, freeRunFolder, quoted } from './run-name.ts'

const folder = mkdtempSync(join(tmpdir(), 'names-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('freeRunFolder', () => {
  it('is named by data and method, and counts where that is taken', () => {
    const name = (data: string) => freeRunFolder(data, 'dyt', folder).slice(folder.length + 1)
    expect(name('builtin:nature')).toBe('nature-dyt')
    expect(name('/photos/My Flowers/')).toBe('My-Flowers-dyt')
    expect(name('a/tiny.tar')).toBe('tiny-dyt')
    mkdirSync(join(folder, 'tiny-dyt'))
    writeFileSync(join(folder, 'tiny-dyt', 'mine.txt'), '')
    mkdirSync(join(folder, 'tiny-dyt-2'))
    writeFileSync(join(folder, 'tiny-dyt-2', '.dynamic-tuning.lock'), '')
    expect(name('tiny.tar')).toBe('tiny-dyt-3')
    mkdirSync(join(folder, 'tiny-dyt-3'))
    const failed = '{"formatVersion":1,"command":"finetune"}'
    writeFileSync(join(folder, 'tiny-dyt-3', 'config.json'), failed)
    expect(name('tiny.tar')).toBe('tiny-dyt-3')
  })
})

describe('dataName', () => {
  it('is a name that can begin a folder', () => {
    expect(['builtin:nature', '/photos/My Flowers/', 'a/tiny.tar', '/'].map(dataName)).toEqual([
      'nature',
      'My-Flowers',
      'tiny',
      'data',
    ])
  })
})

describe('quoted', () => {
  it('quotes what a shell would take apart', () => {
    expect(quoted('runs/a-b.c')).toBe('runs/a-b.c')
    expect(quoted("it's here")).toBe("'it'\\''s here'")
  })
})
