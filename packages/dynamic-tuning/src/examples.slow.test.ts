import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawImage } from './data/sources/drawn/draw-image.ts'
import { packages } from './house.test.support.ts'
import { encodePng } from './report/token-strip.ts'
import { compileSurface, examplesOf } from './surface.test.support.ts'

/** In the order in which a user comes to them. `compare` and `sweep`, of many runs, would take too long. */
const names = [
  ...['openDataset', 'finetune', 'openRun', 'evaluateRun', 'predictImages', 'explainRun'],
  ...['calibrateRun', 'exportModel', 'modelCost', 'network'],
]
const folder = mkdtempSync(join(tmpdir(), 'examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The files that the examples name: two classes of drawn photos, and another picture. */
async function writePhotos(): Promise<void> {
  const picture = async (file: string, index: number): Promise<void> =>
    writeFileSync(join(folder, file), await encodePng(drawImage('nature', 0, index)))
  for (const [label, name] of ['cat', 'dog'].entries()) {
    mkdirSync(join(folder, 'photos', name), { recursive: true })
    for (let i = 0; i < 12; i++) await picture(join('photos', name, `${i}.png`), 2 * i + label)
  }
  await picture('new-picture.jpg', 24)
}

/** What every example prints. */
async function runExamples(): Promise<Map<string, string>> {
  const examples = new Map(examplesOf(compileSurface()).map(({ name, code }) => [name, code]))
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  for (const name of names) {
    const { outputText } = ts.transpileModule(examples.get(name) ?? '', { compilerOptions })
    writeFileSync(join(folder, `${name}.mjs`), `console.log('# ${name}')\n${outputText}`)
  }
  const all = names.map((name) => `await import('./${name}.mjs')\n`)
  writeFileSync(join(folder, 'all.mjs'), all.join(''))
  const { stdout } = await promisify(execFile)(process.execPath, ['all.mjs'], { cwd: folder })
  const parts = stdout.split(/^# /m).slice(1)
  return new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1)]))
}

describe('the examples of docstrings', () => {
  let printed = new Map<string, string>()
  beforeAll(async () => {
    await writePhotos()
    symlinkSync(join(packages, '..', 'node_modules'), join(folder, 'node_modules'), 'junction')
    printed = await runExamples()
  })

  it('run one after the other', () => {
    expect([...printed.keys()]).toEqual(names)
    expect(printed.get('openDataset')).toContain("[ 'cat', 'dog' ]")
    expect(printed.get('openRun')).toContain("[ 'cat', 'dog' ] dyt")
    expect(printed.get('predictImages')).toContain("image: 'new-picture.jpg'")
    expect(printed.get('network')).toContain('[ 1, 10 ]')
    expect(printed.get('modelCost')).toMatch(/^\d+ \d+/)
  })

  it('write the files that they name', () => {
    expect(readdirSync(folder)).toContain('model.onnx')
    expect(readdirSync(join(folder, 'runs', 'photos'))).toContain('calibrate.html')
    expect(readdirSync(join(folder, 'runs', 'photos', 'explain'))).not.toEqual([])
  })
})
