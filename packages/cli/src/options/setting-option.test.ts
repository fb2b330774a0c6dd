import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Option } from 'commander'
import { tunerNamed, tuners } from 'dynamic-tuning/models'
import { checkFinetune, finetuneSettings, type Setting } from 'dynamic-tuning/settings'
import { afterAll, describe, expect, it } from 'vitest'
import { finetuneCommand } from '../commands/finetune.ts'
import { buildProgram } from '../program.ts'
import { commonOptions } from './common.ts'
import { finetuneFlag, finetuneFlagsBut } from './finetune-flags.ts'
import { optionOf } from './setting-option.ts'
import { readSettings } from './settings-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'dyt-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const settings: readonly (readonly [string, Setting])[] = Object.entries(finetuneSettings)
const parse = (option: Option, text: string): unknown => option.parseArg?.(text, undefined as never)
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

describe('flags of settings', () => {
  it('are all in the help of finetune, with their help line', () => {
    const program = buildProgram([finetuneCommand], async () => {})
    const help = program.commands[0]?.helpInformation().replace(/\s+/g, ' ') ?? ''
    for (const [name, { fileOnly, form, without, help: line }] of settings) {
      const negated = form.kind === 'switch' && without !== undefined
      const flag = `--${negated ? 'no-' : ''}${kebab(name)}`
      const shown = new RegExp(` ${flag}[ ,]`).test(help)
      expect([name, shown]).toEqual([name, fileOnly !== true])
      if (shown) expect(help).toContain(without ?? line)
    }
  })

  it('have least values, choices and defaults from the record', () => {
    expect(() => parse(finetuneFlag('epochs'), '0')).toThrow('Give a whole number of at least 1.')
    expect(() => parse(finetuneFlag('rate'), '1.5')).toThrow('Give a number from 0 to 1.')
    expect(() => parse(finetuneFlag('reduction'), 'tome,evit')).toThrow(/two reductions would each decide/)
    expect(parse(finetuneFlag('bottleneck'), '0')).toBe(0)
    expect(parse(finetuneFlag('dispatchLayers'), '0-2,8')).toEqual([0, 1, 2, 8])
    expect(parse(finetuneFlag('memory'), '2GB')).toBe(2e9)
    expect(finetuneFlag('split').argChoices).toEqual(['final', 'search'])
    expect(finetuneFlag('batch').description).toBe(
      'images per step; the learning rate scales with it only under --base-learning-rate (default 64)',
    )
    expect(finetuneFlag('batch', { help: 'images per pass', usual: '16' }).description).toBe(
      'images per pass (default 16)',
    )
    const { complete } = finetuneSettings
    expect(optionOf('complete', complete)).toMatchObject({ long: '--no-complete', negate: true })
  })

  it('take what the config.json of any run holds', () => {
    for (const { defaults } of tuners)
      for (const flag of finetuneFlagsBut([])) {
        const value = Object.entries(defaults).find(([name]) => name === flag.attributeName())?.[1]
        if (value !== undefined && typeof value !== 'boolean')
          expect([flag.long, parse(flag, String(value))]).toEqual([flag.long, value])
      }
  })

  it('join methods', () => {
    expect(parse(finetuneFlag('method'), 'lora+adaptformer')).toBe(tunerNamed('lora+adaptformer').name)
    expect(() => parse(finetuneFlag('method'), 'lora+full')).toThrow(/full goes with no other/)
  })
})

describe('a settings file', () => {
  it('with every default is what nobody asked for', () => {
    const usual = settings.flatMap(([name, setting]) =>
      setting.default === undefined ? [] : [[name, setting.default]],
    )
    const path = join(folder, 'usual.yaml')
    writeFileSync(path, JSON.stringify({ ...Object.fromEntries(usual), data: 'd' }))
    const read = readSettings(
      path,
      [...finetuneCommand.options, ...commonOptions()],
      Object.keys(finetuneSettings),
    )
    expect(checkFinetune(read)).toEqual({ ...Object.fromEntries(usual), data: 'd' })
  })
})
