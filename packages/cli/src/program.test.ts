import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type CommandUnit, defineCommand } from './command.ts'
import { commands } from './commands/registry.ts'
import { someFinetuneFlags } from './options/finetune-flags.ts'
import { runHere, type Said } from './run-here.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'program-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
writeFileSync(at('typo.yaml'), 'data: builtin:nature\nweight-decai: 0.1\n')
writeFileSync(at('value.json'), '{"data": "builtin:nature", "epochs": "many"}')
writeFileSync(at('list.yaml'), '- 1\n')
const cases = (name: string, ...lines: readonly string[]): void =>
  writeFileSync(at(`cases-${name}.yaml`), ['data: builtin:nature', 'cases:', ...lines].join('\n'))
cases('typo', '  - { name: a, adapter_scal: 1 }')
cases('value', '  - { name: a, epochs: many }')
cases('twice', '  - { name: a }', '  - { name: a, rate: 1 }')
cases('nameless', '  - { method: dyt }')
cases('words', '  - linear')
writeFileSync(at('cases-none.yaml'), 'data: builtin:nature\ncases: []\n')

const run = (units: readonly CommandUnit[], ...args: readonly string[]): Promise<Said> =>
  runHere(folder, units, args)

describe('bad usage ends with code 2, one line and nothing on stdout', () => {
  const cases: readonly (readonly [string[], string])[] = [
    [['finetun'], "unknown command 'finetun' (Did you mean finetune?)"],
    [['finetune', '--data', 'x', '--epocs', '3'], "unknown option '--epocs' (Did you mean --epochs?)"],
    [['finetune'], '--data is missing'],
    [['finetune', '--resume'], '--resume needs --out'],
    [['finetune', '--data', 'builtin:nature', '--epochs', '0'], 'Give a whole number of at least 1.'],
    [['finetune', '--data', 'builtin:nature', '--rate', '1.5'], 'Give a number from 0 to 1.'],
    [
      ['finetune', '--data', 'builtin:nature', '--dispatch', 'block'],
      "'--dispatch <part>' argument 'block' is invalid. Allowed choices are none, mlp, attention",
    ],
    [
      ['finetune', '--data', 'builtin:nature', '--method', 'lora2'],
      'unknown name lora2. Choose one of linear, full, adapter-houlsby, ',
    ],
    [
      ['finetune', '--data', 'builtin:nature', '--method', 'lora+lora'],
      'lora is named twice. Name each method once.',
    ],
    [
      ['finetune', '--data', 'builtin:nature', '--method', 'noah', '--lora-dim', '1,x'],
      'Give a whole number of at least 0.',
    ],
    [
      ['finetune', '--data', 'builtin:nature', '--method', 'bitfit', '--rank', '4'],
      'rank is 4, but bitfit does not read it. Leave it out.',
    ],
    [
      ['finetune', '--data', 'builtin:nature', '--micro-batch', '65'],
      'microBatch is 65 but the batch only 64.',
    ],
    [['finetune', '--data', 'builtin:natur'], 'there is no builtin:natur. Choose one of builtin:count'],
    [
      ['finetune', '--data', 'builtin:nature', '--model', 'vit_base_patch16_224'],
      'no weights are known for vit_base_patch16_224',
    ],
    [
      ['finetune', '--config', at('typo.yaml')],
      `unknown setting weight-decai in ${at('typo.yaml')}. Did you mean weightDecay?`,
    ],
    [['finetune', '--config', at('value.json')], 'value.json is "many". Give a whole number of at least 1.'],
    [['finetune', '--config', at('list.yaml')], 'list.yaml holds no settings.'],
    [['finetune', '--config', at('none.yaml')], 'config: cannot read '],
    [['noah-search'], '--data is missing'],
    [['noah-search', '--resume'], '--resume needs --out'],
    [['noah-search', '--data', 'builtin:nature', '--method', 'lora'], "unknown option '--method'"],
    [
      ['noah-search', '--data', 'builtin:nature', '--limit', '100'],
      'noah-search: limit is 100, but the smallest sub-network has ',
    ],
    [['noah-search', '--data', 'builtin:nature', '--sizes', '1,0'], 'Give a whole number of at least 1.'],
    [['noah-search', '--data', 'builtin:nature', '--best', '51'], 'of the best 51 for a population of 50.'],
    [
      ['noah-search', '--config', at('typo.yaml')],
      `unknown setting weight-decai in ${at('typo.yaml')}. Did you mean weightDecay?`,
    ],
    [['compare'], '--data is missing'],
    [['compare', '--data', 'builtin:natur'], 'there is no builtin:natur. Choose one of builtin:count'],
    [
      ['compare', '--data', 'builtin:nature', '--methods', 'linear,dty'],
      'method: unknown name dty. Choose one of',
    ],
    [
      ['compare', '--data', 'builtin:nature', '--methods', ''],
      'Give names such as linear,dyt, separated by commas.',
    ],
    [['compare', '--data', 'builtin:nature', '--methods', 'dyt,dyt'], 'two cases are called "dyt r=0.5".'],
    [['compare', '--data', 'builtin:nature', '--rates', '0.5,2'], 'Give a number from 0 to 1.'],
    [['compare', '--data', 'builtin:nature', '--jobs', '0'], 'Give a whole number of at least 1.'],
    [['compare', '--data', 'builtin:nature', '--seeds', '0'], 'Give a whole number of at least 1.'],
    [
      ['compare', '--data', 'builtin:nature', '--method', 'dyt'],
      "unknown option '--method' (Did you mean --methods?)",
    ],
    [['compare', '--data', 'builtin:nature', '--image-size', '33'], 'compare: case "linear": '],
    [
      ['compare', '--config', at('cases-typo.yaml')],
      'compare: case "a": Unknown setting adapter_scal. Did you mean adapterScale?',
    ],
    [
      ['compare', '--config', at('cases-value.yaml')],
      `config: epochs in ${at('cases-value.yaml')} is "many". Give a whole number of at least 1.`,
    ],
    [['compare', '--config', at('cases-twice.yaml')], 'compare: two cases are called "a".'],
    [['compare', '--config', at('cases-nameless.yaml')], 'compare: cases.0.name is missing. Give it.'],
    [['compare', '--config', at('cases-words.yaml')], 'compare: cases.0 is "linear": '],
    [['compare', '--config', at('cases-none.yaml')], 'compare: cases is []: give at least one.'],
    [['eval'], "missing required argument 'run'"],
    [['predict', 'runs/x'], "missing required argument 'images'"],
    [['flops', '--model', 'vit_huge'], 'unknown name vit_huge'],
  ]
  it.each(cases.map(([args, text]) => [args.join(' ').replaceAll(`${folder}/`, ''), args, text] as const))(
    'dyt %s',
    async (_name, args, text) => {
      const ended = await run(commands, ...args, '--quiet')
      expect(ended.stderr).toContain(text)
      expect(ended.stderr).toMatch(/^dyt: .*\n$/)
      expect(ended).toMatchObject({ code: 2, stdout: '' })
    },
  )
})

describe('settings files', () => {
  const seen: unknown[] = []
  const unit = defineCommand({
    name: 'show',
    group: 'Measure',
    summary: 'Keep the options',
    options: someFinetuneFlags(['rate', 'imageSize', 'data', 'batch']),
    fileKeys: ['onlyInFiles'],
    examples: [],
    async run({ options, terminal }) {
      seen.push(options)
      terminal.note('a note')
      terminal.result({ fine: true }, () => 'fine\n')
      return 7
    },
  })
  const options = async (...args: string[]) => {
    const ended = await run([unit], 'show', ...args)
    return ended.code === 7 ? seen.pop() : ended.stderr
  }

  it('fill in what flags leave open; values are read as flags are', async () => {
    writeFileSync(at('a.yaml'), 'rate: 0.25\nimageSize: 32x48\ndata: here\nonlyInFiles: [1]\nseed: 3\n')
    const config = at('a.yaml')
    expect(await options('--config', config, '--rate', '0.75')).toEqual({
      config,
      rate: 0.75,
      imageSize: [32, 48],
      data: 'here',
      onlyInFiles: [1],
      seed: 3,
    })
  })

  it('may be the config.json of a run, whose settings they take', async () => {
    writeFileSync(at('config.json'), '{"formatVersion": 1, "settings": {"imageSize": [8, 16], "batch": 4}}')
    expect(await options('--config', at('config.json'))).toMatchObject({ imageSize: [8, 16], batch: 4 })
  })

  it.each([
    ['a list that holds itself', 'data: &a [*a]', /nested deeper than 100 levels, or in themselves/],
    ['bytes', 'data: !!binary aGVsbG8=', /holds (?:Buffer|Uint8Array), which is no plain value/],
    ['a set', 'data: !!set {a, b}', /holds Set, which is no plain value/],
    ['a zero byte', 'data: "a\\0b"', /a text with a zero byte/],
    ['deep lists', `data: ${'['.repeat(200)}${']'.repeat(200)}`, /nested deeper than 100 levels/],
    ['very deep lists', `data: ${'['.repeat(100_000)}`, /cannot read/],
    ['many values', `data: [${'1,'.repeat(100_001)}1]`, /more than 100000 values/],
    ['megabytes', `data: ${'x'.repeat(2 ** 20)}`, /at most 1048576 are read/],
    ['control characters in a name', '"\\e[2J": 1', /unknown setting \\x1b\[2J in /],
    ['a megabyte of name', `? ${'x'.repeat(2 ** 19)}\n: 1`, /unknown setting x+ … \(\d+ characters\) …/],
  ])('cannot hold %s', async (_what, text, message) => {
    writeFileSync(at('odd.yaml'), `${text}\n`)
    const said = await options('--config', at('odd.yaml'))
    expect(said).toMatch(message)
    expect(said).toMatch(/^dyt: config: .{1,2000}\n$/)
  })

  it('cannot hold what belongs on the command line', async () => {
    writeFileSync(at('json.yaml'), 'json: true\n')
    expect(await options('--config', at('json.yaml'))).toMatch(/unknown setting json in /)
  })

  it('leave results on stdout, notes on stderr, and the code to the command', async () => {
    expect(await run([unit], 'show')).toEqual({ code: 7, stdout: 'fine\n', stderr: 'a note\n' })
    expect(await run([unit], 'show', '--json')).toEqual({
      code: 7,
      stdout: '{\n  "fine": true\n}\n',
      stderr: 'a note\n',
    })
    expect(await run([unit], 'show', '--quiet')).toEqual({ code: 7, stdout: 'fine\n', stderr: '' })
  })
})

describe('the help of every command', () => {
  it.each(commands.map((unit) => [unit.name, unit.description ?? '']))('%s breaks no sentence', (_, text) => {
    const prose = text.split('\n').filter((line) => line !== '' && !line.startsWith(' '))
    for (const line of prose) expect(line).toMatch(/[.:]$/)
  })
})
