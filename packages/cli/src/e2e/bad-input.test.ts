import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from 'dynamic-tuning/report'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { dyt, folderWithBackbone, quick } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, content: string | Uint8Array): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), content)
}

const image = await encodePng({ width: 4, height: 4, data: new Uint8Array(48).fill(99) })
const tiny = ['--model', 'tiny.safetensors', '--quiet', '--workers', '1', '--epochs', '1']

describe('bad usage ends with code 2 and one line', () => {
  it.each([
    [['finetun', '--json'], "unknown command 'finetun' (Did you mean finetune?)"],
    [['finetune', ...quick, '--image-size', '33'], 'images of 33 x 33 are no multiple of the patch 8.'],
  ])('dyt %s', async (args, text) => {
    const ended = await dyt(folder, ...args, '--quiet')
    expect(ended.stderr).toContain(text)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toMatch(/^dyt: .*\n$/)
  })
})

describe('bad data and folders end with code 1 and one line', () => {
  for (const name of ['good/cats/1.png', 'good/cats/2.png', 'good/dogs/1.png', 'good/dogs/2.png'])
    write(name, image)
  for (const name of ['cut/cats/1.png', 'cut/cats/2.png', 'cut/dogs/1.png']) write(name, image)
  write('cut/dogs/2.png', image.subarray(0, image.length - 30))
  mkdirSync(join(folder, 'empty'))
  for (const name of ['train800.txt', 'val200.txt', 'train800val200.txt']) write(`lists/${name}`, '1.png 0\n')
  write('lists/1.png', image)
  write('lists/classes.json', '["cat", "dog"]')
  write('lists/test.txt', '1.png 0\n1.png 2\n')
  write('leaving/train800val200.txt', '../good/cats/1.png 0\n')
  write('missing/train800val200.txt', 'nowhere.png 0\n')
  write('future/config.json', '{"formatVersion": 99}')
  write('pretrained/config.json', '{"formatVersion": 1, "command": "pretrain"}')
  write('broken.safetensors', new Uint8Array(4))
  const cases: readonly (readonly [string[], string | RegExp])[] = [
    [['finetune', '--data', 'empty', ...tiny, '--out', 'out'], 'dataset: folder empty is empty.'],
    [['finetune', '--data', 'nowhere', ...tiny, '--out', 'out'], 'dataset: there is no nowhere.'],
    [
      ['finetune', '--data', 'lists', ...tiny, '--out', 'out'],
      'test.txt:2: label 2 is out of range, expected 0 to 1',
    ],
    [
      ['finetune', '--data', 'leaving', ...tiny, '--out', 'out'],
      /train800val200\.txt:1: "\.\.\/good\/cats\/1\.png" leaves the folder/,
    ],
    [
      ['finetune', '--data', 'missing', ...tiny, '--out', 'out'],
      /train800val200\.txt:1: there is no file .*nowhere\.png/,
    ],
    [
      ['finetune', '--data', 'good', '--model', './broken.safetensors', '--quiet', '--out', 'out'],
      'broken.safetensors',
    ],
    [
      ['finetune', '--data', 'good', '--model', './none.safetensors', '--quiet', '--out', 'out'],
      './none.safetensors does not exist.',
    ],
    [['compare', '--data', 'nowhere', ...tiny, '--out', 'out'], 'dataset: there is no nowhere.'],
    [['eval', 'good'], 'good is not a run folder, it has no config.json.'],
    [['eval', 'future'], 'future is of format version 99, this library reads version 1.'],
    [
      ['predict', 'pretrained', 'x.png'],
      'config.json of pretrained does not describe a tuned model. this is no run of finetune',
    ],
    [['finetune', '--resume', '--out', 'future', '--quiet'], 'future is of format version 99'],
    [['verify', 'empty'], 'empty'],
  ]
  it.each(cases.map(([args, text]) => [args.slice(0, 3).join(' '), args, text] as const))(
    'dyt %s',
    async (_name, args, text) => {
      const ended = await dytHere(folder, ...args)
      expect(ended.stderr).toMatch(text)
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(/^dyt: .*\n$/)
      expect(readdirSync(folder)).not.toContain('out')
    },
  )

  it('a truncated image is named before a run folder is made', async () => {
    const ended = await dyt(folder, 'finetune', '--data', 'cut', ...tiny, '--batch', '2', '--out', 'halt')
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(
      /^dyt: data: 1 of 4 files cannot be read\. decode: cannot read image .*cut\/dogs\/2\.png: .*\n$/,
    )
    expect(readdirSync(folder)).not.toContain('halt')
  })

  it('shows where an error arose with DEBUG set, and only then', async () => {
    process.env.DEBUG = '1'
    try {
      expect((await dyt(folder, 'eval', 'future')).stderr).toMatch(/\n {4}at /)
    } finally {
      delete process.env.DEBUG
    }
  })
})

describe('dyt on its own', () => {
  it('shows help and version on stdout', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await dyt(folder, '--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    const help = await dyt(folder, '--help')
    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const own = await dyt(folder, 'finetune', '--help')
    expect(own.stdout).toMatch(/Examples:\n {2}# .*\n {2}dyt finetune /)
    for (const option of ['--json', '--seed', '--threads', '--device', '--config', '--quiet'])
      expect(own.stdout).toContain(`\n  ${option}`)
  })

  it('counts the published FLOPs', async () => {
    const count = async (...args: string[]) => {
      const { stdout } = await dytHere(folder, 'flops', ...args, '--json')
      const { params, flops } = JSON.parse(stdout) as {
        params: { total: number; trainable: number }
        flops: { total: number; parts: Record<string, number> }
      }
      expect(Object.values(flops.parts).reduce((a, b) => a + b)).toBe(flops.total)
      return [(flops.total / 1e9).toFixed(2), (params.trainable / 1e6).toFixed(2)]
    }
    const base = ['--model', 'vit_base_patch16_224', '--method']
    expect(await count(...base, 'linear')).toEqual(['17.58', '0.00'])
    expect(await count(...base, 'adaptformer', '--bottleneck', '64')).toEqual(['17.81', '1.19'])
    expect(await count(...base, 'adaptformer', '--bottleneck', '8')).toEqual(['17.61', '0.16'])
    const finer = ['--model', 'deit3_large_patch16_384.fb_in1k', '--classes', '1000', '--method', 'full']
    expect(await count(...finer)).toEqual(['191.21', '303.74'])
    // Everything active: the adapters' model and one logit for each of 12 x 197 tokens.
    expect(await count(...base, 'dyt', '--active', '1')).toEqual(['17.82', '1.19'])
  })
})
