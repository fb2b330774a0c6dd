import { rmSync } from 'node:fs'
import type { CountedTable } from 'dynamic-tuning/cost'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere as dyt } from '../run-here.test.support.ts'
import { folderWithBackbone } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

describe('dyt flops', () => {
  it('counts dispatch in some layers, and of whole images', async () => {
    const parts = async (...args: string[]): Promise<Record<string, number>> => {
      const base = ['--model', 'vit_base_patch16_224', '--rate', '0.5', '--json']
      const { stdout } = await dyt(folder, 'flops', ...base, ...args)
      return (JSON.parse(stdout) as { flops: { parts: Record<string, number> } }).flops.parts
    }
    const [mlp, width] = [8 * 768 * 768, 768]
    const some = await parts('--dispatch-layers', '0-5,8')
    const computed = Array.from({ length: 12 }, (_, i) => (some[`blocks.${i}.mlp`] as number) / mlp)
    expect(computed).toEqual([99, 99, 99, 99, 99, 99, 197, 197, 99, 197, 197, 197])
    expect(some['blocks.6.mlp_token_select']).toBeUndefined()
    const images = await parts('--dispatch-level', 'sample')
    expect(images['blocks.0.mlp']).toBe(0.5 * 197 * mlp)
    expect(images['blocks.0.mlp_token_select']).toBe(width)
    const random = await parts('--dispatch-strategy', 'random')
    expect([random['blocks.0.mlp'], random['blocks.0.mlp_token_select']]).toEqual([99 * mlp, undefined])
  })
})

describe('dyt flops --frames', () => {
  const count = async (...args: string[]) => {
    const base = ['--model', 'vit_base_patch16_224', '--classes', '400', '--json']
    const { stdout } = await dyt(folder, 'flops', ...base, ...args)
    return JSON.parse(stdout) as {
      frames?: number
      flops: { total: number; static: number }
      params: { trainable: number }
    }
  }

  it('counts a clip of 8 frames as the paper prints it', async () => {
    const still = await count('--frames', '8', '--method', 'linear')
    expect((still.flops.total / 1e9).toFixed(2)).toBe('142.53')
    expect([still.frames, still.params.trainable]).toEqual([8, 0])
    const half = await count('--frames', '8', '--rate', '0.5')
    expect((half.flops.total / 1e9).toFixed(2)).toBe('99.98')
    expect(half.flops.static).toBe(still.flops.total)
    expect(((await count('--frames', '8', '--active', '0.5938')).flops.total / 1e9).toFixed(2)).toBe('108.31')
    expect((await count()).frames).toBeUndefined()
  })

  it.each(['0', '1.5', 'x'])('refuses %s frames', async (frames) => {
    const ended = await dyt(folder, 'flops', '--frames', frames)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('dyt flops --task segmentation', () => {
  const words = ['flops', '--model', 'vit_base_patch16_224', '--image-size', '512', '--classes', '150']
  const base = [...words, '--task', 'segmentation']
  const counted = async (...args: string[]) => {
    const { stdout } = await dyt(folder, ...base, ...args, '--json')
    return JSON.parse(stdout) as { head: string; flops: { total: number; parts: Record<string, number> } }
  }

  it('counts what the paper prints, and the parts of UPerNet one by one', async () => {
    const { head, flops } = await counted('--method', 'full')
    expect([head, flops.total]).toEqual(['upernet', 605_369_588_736])
    const ofHead = Object.entries(flops.parts).filter(([name]) => !/^(?:blocks|patch_embed)/.test(name))
    expect(Object.fromEntries(ofHead)).toEqual({
      fpn1: 12_079_595_520,
      fpn2: 2_415_919_104,
      'decode_head.psp_modules': 786_432 + 29_491_200 + 76_800,
      'decode_head.bottleneck': 3_145_728 + 6_794_772_480 + 393_216,
      'decode_head.lateral_convs': 12_683_575_296 + 33_030_144,
      'decode_head.fpn_convs': 66_060_288 + 114_152_177_664 + 33_030_144,
      'decode_head.fpn_bottleneck': 150_994_944 + 347_892_350_976 + 25_165_824,
      'decode_head.conv_seg': 1_887_436_800,
    })
    const { flops: adapted } = await counted('--method', 'adaptformer', '--bottleneck', '64')
    expect(adapted.total).toBe(606_578_727_936)
  })

  it('counts a linear head, and prints its part and what is trained', async () => {
    const { stdout } = await dyt(folder, ...base, '--head', 'linear', '--active', '0.62')
    expect(stdout).toMatch(/^vit_base_patch16_224, dyt, linear at 512 x 512, 62 % of the tokens active\n/)
    expect(stdout).toMatch(/\nhead: classifier +117\.96 M +0\.1 %\n/)
    expect(stdout).toMatch(/trained: adapters 1\.19 M, dispatchers 9\.23 k, decode head 115\.35 k\n/)
  })

  it('names all that is trained, and sums modules of one kind', async () => {
    const { stdout } = await dyt(folder, ...base, '--bottleneck', '64')
    expect(stdout).toContain(
      'trained: attention 571.97 k, adapters 1.19 M, dispatchers 9.23 k, head: pyramid 7.08 M, decode head 67.96 M, auxiliary head 1.81 M',
    )
  })

  it('takes the features of the maps', async () => {
    const { flops } = await counted('--head-channels', '512')
    expect(flops.parts['decode_head.conv_seg']).toBe(128 * 128 * 512 * 150)
  })

  it('refuses heads of other tasks', async () => {
    const ended = await dyt(folder, ...words, '--head', 'linear')
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(
      'flops: head is "linear", but classification does not read it. Leave it out.',
    )
  })
})

describe('dyt flops --table', () => {
  it('prints the paper’s figures beside ours', async () => {
    const { code, stdout } = await dyt(folder, 'flops', '--table', '19')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Table 19 of arXiv:2403\.11808: VTAB-1K, ViT-L\/16, d = 8\n/)
    const row = stdout.split('\n').find((line) => line.startsWith('DyT r=0.5'))
    expect(row?.split(/ {2,}/)).toEqual([
      'DyT r=0.5',
      '0.44',
      '0.42',
      '43.52',
      '41.94',
      '0.5',
      '0.540',
      '22.201 + 39.484 r',
    ])
    expect(stdout).toContain('- DyT r=0.5: 0.44 M parameters in print, 0.418 M counted.')
  })

  it('names what is not built, in lines of 80 columns', async () => {
    const { stdout } = await dyt(folder, 'flops', '--table', '11')
    expect(stdout).toMatch(/Not counted\n- Full tuning, AdaptFormer, .*: detection\n? *heads/)
    for (const line of stdout.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('gives one JSON document', async () => {
    const { stdout } = await dyt(folder, 'flops', '--table', '3', '--json')
    const { table, model, rows } = JSON.parse(stdout) as CountedTable
    expect({ table, model }).toEqual({ table: 3, model: 'vit_base_patch16_224' })
    expect(rows.find(({ method }) => method === 'AdaptFormer')).toEqual({
      method: 'AdaptFormer',
      paramsM: { paper: 0.16, ours: 0.156768, text: '0.16', agrees: true },
      flopsG: { paper: 17.61, ours: 17.611097856, text: '17.61', agrees: true },
    })
    const dynamic = rows.find(({ method }) => method === 'DyT r=0.5')
    expect(dynamic).toMatchObject({ rate: 0.5, flopsG: { paper: 12.54, agrees: false } })
    expect(dynamic?.rateOfPrint).toBeCloseTo(0.543275, 6)
  })

  it.each([
    [['--table', '4'], 'of table 4. Choose one of 1, 2, 3, 5, 6, 8, 10, 11, 17, 18, 19.'],
    [['--table', 'x'], 'Give a whole number of at least 0.'],
    [['--table', '1', '--model', 'builtin', '--rate', '0.5'], 'got model, rate too.'],
    [['--table', '10', '--task', 'segmentation', '--head', 'linear'], 'got task, head too.'],
    [['--table', '1', '--dispatch-level', 'sample'], 'got dispatchLevel too.'],
    [['--model', 'vit_base_patch16_224', '--dispatch-layers', '8-12'], 'names 12 but layers are 0 to 11.'],
  ])('refuses %j as bad usage', async (args, text) => {
    const ended = await dyt(folder, 'flops', ...args)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
    expect(ended.stderr).toMatch(/^dyt: .*\n$/)
  })
})
