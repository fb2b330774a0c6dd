import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError } from '../../../errors.ts'
import { crc32, tableCrc32 } from './crc32.ts'
import { type WrittenMember, zipBytes } from './write-zip.test.support.ts'
import { openZip } from './zip-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'zip-'))
afterAll(() => rmSync(folder, { recursive: true }))

function archive(bytes: Uint8Array): string {
  const path = join(folder, 'archive.zip')
  writeFileSync(path, bytes)
  return path
}
const ramp = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251)
const member = (changes: Partial<WrittenMember> = {}): WrittenMember => ({
  name: 'a/b',
  data: ramp,
  ...changes,
})

describe('openZip', () => {
  it.each([
    ['stored', {}, {}],
    ['deflated', { deflate: true }, {}],
    ['with zip64 sizes', { zip64: true }, {}],
    ['with a zip64 directory', {}, { zip64: true }],
    ['deflated, all zip64', { deflate: true, zip64: true }, { zip64: true }],
    ['padded', { align: 64 }, {}],
    ['with a comment', {}, { comment: 'PK\x05\x06 is no end here, and this is long enough' }],
  ] as const)('reads whole members and slices: %s', (_name, changes, options) => {
    const others = [member({ name: 'first', data: ramp.subarray(7) }), member(changes), member({ name: 'ä' })]
    const zip = openZip(archive(zipBytes(others, options)))
    expect([...zip.members.keys()]).toEqual(['first', 'a/b', 'ä'])
    const opened = zip.members.get('a/b')
    expect(opened?.size).toBe(ramp.length)
    expect(opened?.read(100, 50)).toEqual(ramp.slice(100, 150))
    expect(opened?.read(0, ramp.length)).toEqual(ramp)
    expect(opened?.peek(4990, 10)).toEqual(ramp.slice(4990))
    expect(() => opened?.read(4990, 11)).toThrow(/bytes 4990 to 5001 of "a\/b" are wanted, it has 5000/)
    zip.close()
  })

  it.each([[{}], [{ deflate: true }]])('finds a wrong checksum, also through a slice: %o', (changes) => {
    const zip = openZip(archive(zipBytes([member({ ...changes, crc: 0x1234abcd })])))
    for (const length of [10, ramp.length]) {
      expect(() => zip.members.get('a/b')?.read(0, length)).toThrow(CheckpointError)
      expect(() => zip.members.get('a/b')?.read(0, length)).toThrow(/"a\/b" has checksum .*expected 1234abcd/)
    }
    zip.close()
  })

  it.each([
    [[member({ flags: 1 })], /"a\/b" of .* is encrypted/],
    [[member({ method: 12 })], /compressed by method 12, expected 0 \(stored\) or 8/],
    [[member({ size: 4999 })], /is stored, with 5000 bytes for 4999/],
    [[member(), member()], /it has the member "a\/b" twice/],
    [[member({ header: 10 })], /does not begin where its directory says/],
    [[member(), member({ name: 'c', header: 0 })], /"c" overlaps another one/],
    [[member({ header: 9e8 })], /"a\/b" lies outside the file/],
    [
      [member({ deflate: true, size: 2 ** 31 })],
      /promises 2147483648 bytes, at most 268435456 are unpacked\. .*DYT_MAX_UNPACKED=2048MB/,
    ],
  ])('refuses what no writer makes %#', (members, message) => {
    const path = archive(zipBytes(members))
    expect(() => openZip(path)).toThrow(CheckpointError)
    expect(() => openZip(path)).toThrow(message)
  })

  it('inflates no more than was promised', () => {
    for (const [size, message] of [
      [4999, /cannot be decompressed to 4999 bytes/],
      [5001, /has 5000 bytes, 5001 are promised/],
    ] as const) {
      const zip = openZip(archive(zipBytes([member({ deflate: true, size })])))
      expect(() => zip.members.get('a/b')?.read(0, 1)).toThrow(message)
      zip.close()
    }
  })

  it('reports cuts as such, never as something else', () => {
    const whole = zipBytes([
      member({ data: ramp.subarray(0, 40) }),
      member({ name: 'c', data: ramp.subarray(0, 9) }),
    ])
    for (let length = 0; length < whole.length; length += 3)
      expect(() => openZip(archive(whole.subarray(0, length))), `${length} bytes`).toThrow(CheckpointError)
  })
})

it('the checksum by table is that of zlib, in one go and in pieces', () => {
  expect(tableCrc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  expect(tableCrc32(ramp)).toBe(zlibCrc32(ramp))
  expect(tableCrc32(ramp.subarray(99), tableCrc32(ramp.subarray(0, 99)))).toBe(crc32(ramp))
})
