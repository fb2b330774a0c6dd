import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { inTempFolder, tarEnd, tarEntry } from '../testing/files.ts'
import { readTarIndex, type TarEntry } from './tar.ts'

async function index(...parts: Buffer[]): Promise<{ entries: TarEntry[]; texts: string[] }> {
  return inTempFolder(async (folder) => {
    const path = join(folder, 'a.tar')
    writeFileSync(path, Buffer.concat(parts))
    const bytes = readFileSync(path)
    const entries = readTarIndex(path)
    return {
      entries,
      texts: entries.map(({ offset, size }) => bytes.toString('utf8', offset, offset + size)),
    }
  })
}

/** A pax record with its own length, `13 size=-512\n`. */
function pax(text: string): Buffer {
  const length = [3, 4, 5]
    .map((more) => text.length + more)
    .find((each) => `${each} ${text}\n`.length === each)
  return tarEntry('pax', `${length} ${text}\n`, 'x')
}

/** An entry whose size field has another text, with the right checksum. */
function sized(field: string): Buffer {
  const entry = tarEntry('a.png', 'x')
  entry.write(field.padEnd(12, '\0'), 124, 'latin1')
  entry.fill(32, 148, 156)
  const sum = entry.subarray(0, 512).reduce((a, b) => a + b, 0)
  entry.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return entry
}

const long = `${'folder'.repeat(20)}/x.png`

describe('readTarIndex', () => {
  it('finds names and the very bytes of files, and passes over folders', async () => {
    const parts = [
      tarEntry('a/', '', '5'),
      tarEntry('./a/one.txt', 'hello'),
      tarEntry('b.txt', 'x'.repeat(600)),
    ]
    const { entries, texts } = await index(...parts, tarEnd)
    expect(entries.map(({ name }) => name)).toEqual(['a/one.txt', 'b.txt'])
    expect(texts).toEqual(['hello', 'x'.repeat(600)])
  })

  it('reads names in a prefix, in a GNU long name and in a pax record', async () => {
    const record = `path=${long}\n`
    const length = record.length + 4
    const parts = [
      tarEntry('c.png', 'one', '0', 'deep/er'),
      tarEntry('././@LongLink', `${long}\0`, 'L'),
      tarEntry('cut.png', 'two'),
      tarEntry('pax', `${length} ${record}`, 'x'),
      tarEntry('cut.png', 'three'),
      tarEntry('plain.png', 'four'),
    ]
    const { entries, texts } = await index(...parts, tarEnd)
    expect(entries.map(({ name }) => name)).toEqual(['deep/er/c.png', long, long, 'plain.png'])
    expect(texts).toEqual(['one', 'two', 'three', 'four'])
  })

  it.each([
    [
      'content cut short',
      [tarEntry('a.txt', 'x'.repeat(2000)).subarray(0, 1100)],
      /truncated: expected a\.txt \(2000 bytes\) at byte 0/,
    ],
    [
      'end mark missing',
      [tarEntry('a.txt', 'x')],
      /truncated: expected a header or the end mark at byte 1024/,
    ],
    ['empty file', [], /truncated/],
    [
      'name leaves the folder',
      [tarEntry('a/../../b.png', 'x'), tarEnd],
      /unsafe name "a\/\.\.\/\.\.\/b\.png" at byte 0/,
    ],
    ['absolute name', [tarEntry('/etc/x.png', 'x'), tarEnd], /unsafe name/],
    ['link', [tarEntry('a.png', '', '2'), tarEnd], /a\.png as a link/],
    ['not a tar', [Buffer.from('PK'.repeat(1000))], /damaged header at byte 0/],
    [
      'pax record of impossible length',
      [tarEntry('pax', '99 path=a\n', 'x'), tarEnd],
      /damaged pax record at byte 512/,
    ],
    // With this size the next header was the pax record itself: the list never ended.
    ['pax size that leads back', [pax('size=-1536'), tarEntry('a.png', 'x'), tarEnd], /size .* "-1536"/],
    ['negative pax size', [pax('size=-512'), tarEntry('a.png', 'x'), tarEnd], /size .* "-512"/],
    ['broken pax size', [pax('size=10.5'), tarEntry('a.png', 'x'), tarEnd], /size .* "10\.5"/],
    ['pax size of words', [pax('size=0x1'), tarEntry('a.png', 'x'), tarEnd], /size .* "0x1"/],
    ['endless pax size', [pax('size=1e300'), tarEntry('a.png', 'x'), tarEnd], /size .* "1e300"/],
    ['pax size beyond the end', [pax('size=99999'), tarEntry('a.png', 'x'), tarEnd], /\(99999 bytes\)/],
    ['size that is no octal number', [sized('00000000009'), tarEnd], /size .* "00000000009"/],
    ['negative size', [sized('-0000000012'), tarEnd], /size .* "-0000000012"/],
    ['negative binary size', [sized(`\xff${'\xff'.repeat(11)}`), tarEnd], /size of an entry/],
    ['huge binary size', [sized(`\x80${'\x01'.repeat(11)}`), tarEnd], /size of an entry/],
    [
      'zero byte in a pax name',
      [pax('path=a\0.png'), tarEntry('a.png', 'x'), tarEnd],
      /unsafe name "a\\u0000/,
    ],
  ])('refuses an archive: %s', async (_what, parts, message) => {
    const attempt = index(...parts)
    await expect(attempt).rejects.toThrow(DataError)
    await expect(index(...parts)).rejects.toThrow(message)
  })

  it('reads sizes of pax records and binary sizes', async () => {
    const binary = sized(`\x80${'\0'.repeat(10)}\x01`)
    const { texts } = await index(pax('size=1'), sized('00000000000'), binary, tarEnd)
    expect(texts).toEqual(['x', 'x'])
  })

  it('refuses an archive with a flipped bit in a header', async () => {
    const entry = tarEntry('a.txt', 'x')
    entry[3] = (entry[3] as number) ^ 1
    await expect(index(entry, tarEnd)).rejects.toThrow(/damaged header at byte 0/)
  })
})
