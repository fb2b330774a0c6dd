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
  ])('refuses an archive: %s', async (_what, parts, message) => {
    const attempt = index(...parts)
    await expect(attempt).rejects.toThrow(DataError)
    await expect(index(...parts)).rejects.toThrow(message)
  })

  it('refuses an archive with a flipped bit in a header', async () => {
    const entry = tarEntry('a.txt', 'x')
    entry[3] = (entry[3] as number) ^ 1
    await expect(index(entry, tarEnd)).rejects.toThrow(/damaged header at byte 0/)
  })
})
