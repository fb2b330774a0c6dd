import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { settingsIn } from './settings-in.ts'

const folder = mkdtempSync(join(tmpdir(), 'dyt-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'base'))
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
write('base/first.yaml', 'epochs: 3\nrate: 0.5\nviews: 1x3\n')
write('base/second.yaml', 'extends: first.yaml\nrate: 0.7\n')

describe('a settings file that extends another', () => {
  it('has its settings where it has none, for lists of cases too', () => {
    const path = write(
      'study.yaml',
      'extends: base/second.yaml\nepochs: 9\ncases:\n  - { name: A, extends: base/first.yaml, rate: 1 }\n  - { name: B }\ngrid: [1, 2]\n',
    )
    expect(settingsIn(path)).toEqual({
      ...{ epochs: 9, rate: 0.7, views: '1x3', grid: [1, 2] },
      cases: [{ name: 'A', epochs: 3, rate: 1, views: '1x3' }, { name: 'B' }],
    })
  })

  it('is refused where it leads back to itself, or nowhere', () => {
    write('a.yaml', 'extends: b.yaml\n')
    write('b.yaml', 'extends: a.yaml\n')
    expect(() => settingsIn(join(folder, 'a.yaml'))).toThrow(/^config: \S+a\.yaml extends itself\. Leave/)
    expect(() => settingsIn(write('c.yaml', 'extends: 3\n'))).toThrow('c.yaml is 3. Give the path of a file.')
    expect(() => settingsIn(write('d.yaml', 'extends: none.yaml\n'))).toThrow('none.yaml')
  })
})
