import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { inTempFolder, png, tarEnd, tarEntry, writeFiles } from '../testing/files.ts'
import { isHeic } from './image-signature.ts'
import { fileLook } from './sound-file.ts'
import { readTarIndex } from './tar.ts'

/** The same picture in every format. */
async function pictures(): Promise<Record<string, Buffer>> {
  const of = () => sharp({ create: { width: 20, height: 20, channels: 3, background: '#7a3' } })
  return {
    'a.png': await png([1, 2, 3]),
    'a.jpg': await of().jpeg().toBuffer(),
    'a.gif': await of().gif().toBuffer(),
    'a.webp': await of().webp().toBuffer(),
    'a.tif': await of().tiff().toBuffer(),
    'a.avif': await of().avif().toBuffer(),
  }
}

it('takes whole images for sound, and those that lack their last byte for broken', async () => {
  await inTempFolder(async (folder) => {
    const look = fileLook()
    const seems = (name: string) => look.seemsSound({ kind: 'file', path: join(folder, name) })
    const whole = await pictures()
    writeFiles(folder, whole)
    for (const name of Object.keys(whole)) expect([name, seems(name)]).toEqual([name, true])
    for (const [name, bytes] of Object.entries(whole))
      writeFileSync(join(folder, name), bytes.subarray(0, -1))
    const found = Object.keys(whole).filter((name) => !seems(name))
    // TIFF and AVIF have no mark at their end.
    expect(found).toEqual(['a.png', 'a.jpg', 'a.gif', 'a.webp'])
  })
})

it('takes what is empty, missing, no file or no image for broken, but videos only if they are empty', async () => {
  await inTempFolder(async (folder) => {
    writeFiles(folder, {
      'empty.jpg': '',
      'text.png': 'no image at all',
      'v.mp4': 'x',
      'none.mp4': '',
      'd.png/x': '',
    })
    if (process.platform !== 'win32') execFileSync('mkfifo', [join(folder, 'pipe.png')])
    const look = fileLook()
    const seems = (name: string) => look.seemsSound({ kind: 'file', path: join(folder, name) })
    expect(seems('v.mp4')).toBe(true)
    for (const name of ['empty.jpg', 'text.png', 'none.mp4', 'd.png', 'pipe.png', 'nothing.png'])
      expect([name, seems(name)]).toEqual([name, false])
    expect(look.seemsSound({ kind: 'drawn', task: 'nature', seed: 0, index: 0 })).toBe(true)
  })
})

it('looks into archives', async () => {
  await inTempFolder(async (folder) => {
    const whole = await png([1, 2, 3])
    const archive = join(folder, 'a.tar')
    const entries = [tarEntry('c/1.png', whole), tarEntry('c/2.png', whole.subarray(0, -3)), tarEnd]
    writeFileSync(archive, Buffer.concat(entries))
    const look = fileLook()
    const index = readTarIndex(archive)
    expect(
      index.map(({ offset, size, name }) => look.seemsSound({ kind: 'tar', archive, offset, size, name })),
    ).toEqual([true, false])
    look.close()
  })
})

it('tells HEIC from AVIF by the brands', () => {
  const file = (brands: string) => Buffer.from(`\0\0\0\x20ftyp${brands}`, 'latin1')
  expect(isHeic(file('heic\0\0\0\0mif1heic'))).toBe(true)
  expect(isHeic(file('mif1\0\0\0\0mif1heix'))).toBe(true)
  expect(isHeic(file('avif\0\0\0\0mif1miaf'))).toBe(false)
  expect(isHeic(file('isom\0\0\0\0mp41'))).toBe(false)
})
