import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError, DataError, RunError } from '../errors.ts'
import { writeAside } from './write-aside.ts'

const folder = mkdtempSync(join(tmpdir(), 'aside-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'a.txt')

describe('writing aside', () => {
  it('replaces a file by text, bytes, or pieces of both', () => {
    writeAside(path, 'ä')
    expect(readFileSync(path, 'utf8')).toBe('ä')
    writeAside(path, Uint8Array.of(104, 105))
    expect(readFileSync(path, 'utf8')).toBe('hi')
    writeAside(path, ['one ', Buffer.from('two'), '', ' three'])
    expect(readFileSync(path, 'utf8')).toBe('one two three')
    expect(readdirSync(folder)).toEqual(['a.txt'])
  })

  it('leaves the old file while pieces are made, and when making them fails', () => {
    writeFileSync(path, 'old')
    function* failing(): Generator<string> {
      yield 'new'
      expect(readFileSync(path, 'utf8')).toBe('old')
      throw new DataError('no more')
    }
    expect(() => writeAside(path, failing())).toThrow(DataError)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a.txt'])
  })

  it('tells the reason in the error type asked for', () => {
    const lost = join(folder, 'none', 'b.txt')
    expect(() => writeAside(lost, 'x')).toThrow(RunError)
    expect(() => writeAside(lost, 'x', CheckpointError)).toThrow(CheckpointError)
    expect(() => writeAside(lost, 'x')).toThrow(/cannot write .*b\.txt, its folder does not exist\. Create/)
  })

  it.skipIf(!existsSync('/dev/full'))('keeps the old file on a full disk (skipped without /dev/full)', () => {
    writeFileSync(path, 'old')
    symlinkSync('/dev/full', `${path}.${process.pid}.tmp`)
    expect(() => writeAside(path, 'new')).toThrow(/the disk is full/)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a.txt'])
  })
})
