import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError, DataError } from '../errors.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { allReferences, extra, reference } from './reference.test.support.ts'
import { verifyFixture } from './verify.ts'

let temp = ''
let copies = 0

beforeAll(() => {
  temp = mkdtempSync(join(tmpdir(), 'verify-'))
})
afterAll(() => rmSync(temp, { recursive: true }))

/** A copy of a reference folder to change. */
function copyOf(name: string): string {
  const folder = join(temp, String(copies++))
  cpSync(join(reference, name), folder, { recursive: true })
  return folder
}

function change(folder: string, file: string, edit: (tensors: Map<string, TensorData>) => void): void {
  const path = join(folder, `${file}.safetensors`)
  const tensors = readSafetensors(path)
  edit(tensors)
  rmSync(path)
  writeSafetensors(path, tensors)
}

function changeJson(folder: string, file: string, edit: (json: Record<string, never>) => unknown): void {
  const path = join(folder, file)
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, 'utf8')))))
}

const verify = (folder: string) => verifyFixture(folder, { threads: 1 })

/** Moves one element of each tensor by so many of its tolerances. */
function nudge(folder: string, tolerances: Readonly<Record<string, number>>): void {
  const limits = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).tolerances
  change(folder, 'expected', (all) => {
    for (const [name, count] of Object.entries(tolerances)) {
      const data = (all.get(name) as TensorData<'float32'>).data
      const pattern = `${name.split('.')[0]}.*`
      const { abs, rel_to_tensor_max: relative } = limits[pattern] ?? limits['*']
      const tolerance = abs + relative * Math.max(...data.map(Math.abs))
      // The smallest element, so that the limit itself stays.
      const at = data.map(Math.abs).indexOf(Math.min(...data.map(Math.abs)))
      data[at] = (data[at] as number) + count * tolerance
    }
  })
}

const failures = async (folder: string): Promise<string[]> =>
  (await verify(folder)).tensors.filter(({ pass }) => !pass).map(({ name }) => name)

describe('verifyFixture on the references', () => {
  it.each([
    ['vit/token', 9, reference],
    ['vit/token/hf', 9, reference],
    ['vit/resize', 9, reference],
    ['dyt-mlp', 175, reference],
    ['dyt-video', 113, reference],
    ['dyt-variants/attention-mlp', 109, reference],
    ['dyt-variants/moe', 154, reference],
    ['segmentation', 151, reference],
    ['segmentation/metrics', 24, reference],
    ...extra<[string, number, string]>(
      ['segmentation', 247, allReferences],
      ['vit/avg', 8, allReferences],
      ['dyt-video', 204, allReferences],
      ['dyt-variants/attention', 81, allReferences],
      ['dyt-variants/attention-mlp', 117, allReferences],
      ['dyt-variants/layer', 81, allReferences],
      ['dyt-variants/moe', 162, allReferences],
      ['dyt-variants/sample', 81, allReferences],
      ['dyt-variants/dynamic-full', 138, allReferences],
    ),
  ])('%s passes, each of its %i entries below a tenth of its tolerance', async (name, entries, home) => {
    const folder = join(home, name)
    const report = await verify(folder)
    expect(report).toMatchObject({ fixture: folder, pass: true })
    expect(report.tensors).toHaveLength(entries)
    for (const { maxAbs, tolerance } of report.tensors) expect(maxAbs).toBeLessThanOrEqual(tolerance / 10)
  })

  it.each([[19, reference], ...extra<[number, string]>([23, allReferences])])(
    'segmentation/pipeline passes, each of its %i entries exact',
    async (entries, home) => {
      const { pass, tensors } = await verify(join(home, 'segmentation/pipeline'))
      expect(pass).toBe(true)
      expect(tensors).toHaveLength(entries)
      // OpenCV cuts values of rows this long that it rounds elsewhere.
      const inexact = tensors.filter(({ maxAbs }) => maxAbs !== 0).map(({ name }) => name)
      expect(inexact).toEqual(['hsv.back'])
    },
  )

  it('compares every expected tensor and loss, evaluation both ways', async () => {
    const folder = join(reference, 'dyt-mlp')
    const names = (await verify(folder)).tensors.map(({ name }) => name)
    const expected = readSafetensors(join(folder, 'expected.safetensors'))
    for (const name of expected.keys()) expect(names).toContain(name)
    for (const name of ['eval.logits (skip)', 'eval.logits (skip inference)', 'final.logits (skip)'])
      expect(names).toContain(name)
    for (const term of ['ce_dynamic', 'ce_complete', 'kl', 'active_rate', 'rate_weighted', 'total'])
      for (const group of ['losses_first_step', 'losses_per_step[0]', 'losses_per_step[9]'])
        expect(names).toContain(`${group}.${term}`)
  })
})

describe('verifyFixture finds what is wrong', () => {
  it.each([
    ['vit/token', ['blocks.1'], ['embed', 'pooled']],
    ['vit/resize', ['pos_embed.5x7'], ['pos_embed.3x3']],
    [
      'dyt-mlp',
      [
        'complete.logits',
        'train.soft',
        'grad.blocks.1.mlp_token_select.mlp_head.weight',
        'step1_strong_decay.blocks.0.adaptmlp.up_proj.bias',
        'step10.head.weight',
      ],
      ['eval.soft', 'train.logits', 'grad.head.weight', 'step1.head.weight', 'step10.head.bias'],
    ],
  ])('%s: %j off by ten tolerances, but not %j off by half of one', async (name, far, near) => {
    const folder = copyOf(name)
    if (name === 'vit/resize') cpSync(join(reference, 'vit/token'), join(temp, 'token'), { recursive: true })
    const each = (names: string[], count: number) => names.map((tensor) => [tensor, count])
    nudge(folder, Object.fromEntries([...each(far, 10), ...each(near, 0.5)]))
    expect((await failures(folder)).sort()).toEqual(far.sort())
  })

  it('an area or a measure that is off, and a figure where there is none', async () => {
    const folder = copyOf('segmentation/metrics')
    change(folder, 'expected', (all) => {
      const [area, iou] = ['plain.union', 'reduce_zero.iou'].map((name) => all.get(name)?.data)
      if (area) area[3] = BigInt(Number(area[3]) + 1)
      if (iou) iou[3] = 0
    })
    changeJson(folder, 'expected.json', ({ plain, ...json }) => ({
      ...json,
      plain: Object.assign({}, plain, { mIoU: 0.3195 }),
    }))
    expect((await failures(folder)).sort()).toEqual(['plain.mIoU', 'plain.union', 'reduce_zero.iou'])
  })

  it('a wrong value in any way of evaluating', async () => {
    const folder = copyOf('dyt-mlp')
    nudge(folder, { 'eval.logits': 10 })
    const ways = [
      'eval.logits',
      'eval.logits (skip)',
      'eval.logits (masked inference)',
      'eval.logits (skip inference)',
    ]
    expect(await failures(folder)).toEqual(ways)
  })

  it('one mask that differs, whatever the tolerances say', async () => {
    const folder = copyOf('dyt-mlp')
    changeJson(folder, 'expected.json', (json) => ({
      ...json,
      tolerances: { '*': { abs: 9, rel_to_tensor_max: 9 } },
    }))
    change(folder, 'expected', (all) => {
      const data = (all.get('train.masks') as TensorData<'float32'>).data
      data[7] = 1 - (data[7] as number)
    })
    expect(await failures(folder)).toEqual(['train.masks'])
  })

  it('a loss that is off', async () => {
    const folder = copyOf('dyt-mlp')
    changeJson(folder, 'expected.json', (json: { losses_per_step?: { kl: number }[] }) => {
      const steps = json.losses_per_step as { kl: number }[]
      steps[3] = { ...(steps[3] as { kl: number }), kl: (steps[3] as { kl: number }).kl + 3e-4 }
      return json
    })
    expect(await failures(folder)).toEqual(['losses_per_step[3].kl'])
  })

  it('tensors it cannot produce, of another shape, or not a number', async () => {
    const folder = copyOf('vit/token')
    const two = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const
    change(folder, 'expected', (all) => {
      all.set('attention_map', two)
      all.set('logits', two)
      const features = all.get('features') as TensorData<'float32'>
      features.data[3] = Number.NaN
    })
    const { pass, tensors } = await verify(folder)
    const failed = tensors.filter((report) => !report.pass)
    expect(pass).toBe(false)
    expect(failed.map(({ name, maxAbs, note }) => [name, maxAbs, note])).toEqual(
      expect.arrayContaining([
        ['attention_map', null, 'not produced'],
        ['logits', null, 'has shape [3,5], not [2]'],
        ['features', null, 'is no number at element 3'],
      ]),
    )
  })

  it('more steps than there is noise for', async () => {
    const folder = copyOf('dyt-mlp')
    change(folder, 'expected', (all) => {
      all.set('step11.head.bias', all.get('step10.head.bias') as TensorData)
    })
    expect(await failures(folder)).toEqual(['step11.head.bias'])
  })

  it('names updates that config.json leaves out', async () => {
    const folder = copyOf('dyt-mlp')
    changeJson(folder, 'config.json', (json) => ({ ...json, updates_not_compared: ['head.bias'] }))
    nudge(folder, { 'step10.head.bias': 10 })
    const { pass, tensors } = await verify(folder)
    expect(pass).toBe(true)
    expect(tensors.find(({ name }) => name === 'step10.head.bias')?.note).toMatch(/not compared/)
  })
})

describe('verifyFixture refuses', () => {
  const withConfig = (changes: object): string => {
    const folder = copyOf('dyt-mlp')
    changeJson(folder, 'config.json', (json) => ({ ...(json as object), ...changes }))
    return folder
  }
  const dispatcher = { bias: true, tau: 5, threshold: 0.5, comparison: 'greater', keeps_class_token: true }

  it('weights that do not fit the model', async () => {
    const folder = copyOf('dyt-mlp')
    change(folder, 'weights', (all) => all.delete('blocks.2.norm1.bias'))
    await expect(verify(folder)).rejects.toThrow(CheckpointError)
    await expect(verify(folder)).rejects.toThrow(/missing +blocks\.2\.norm1\.bias \[48\]/)
  })

  it.each([
    [{ kind: 'dyt-audio' }, /kind.*dyt-audio/],
    [{ dispatch: { variant: 'heads', level: 'token' } }, /dispatch\.variant/],
    [{ dispatch: { variant: 'mlp', level: 'sample' } }, /keeps_class_token is true at sample level/],
    [{ adapter_dropout: 0.1 }, /adapter_dropout/],
    [{ activation: 'gelu_tanh' }, /activation/],
    [{ dispatcher: { ...dispatcher, comparison: 'greater_equal' } }, /dispatcher\.comparison/],
    [{ dispatcher: { ...dispatcher, threshold: 0.3 } }, /dispatcher\.threshold/],
    [{ depth: undefined }, /depth/],
    [{ num_heads: 5 }, /5 heads do not divide 48/],
    [{ loss: { rate_weight: 2, kl_reduction: 'mean', ce_reduction: 'mean' } }, /loss\.kl_reduction/],
    [{ trainable: ['head.weight', 'blocks.9.nothing'] }, /no weight matches.*nothing/],
  ])('settings it cannot run: %j', async (changes, message) => {
    const folder = withConfig(changes)
    await expect(verify(folder)).rejects.toThrow(ConfigError)
    await expect(verify(folder)).rejects.toThrow(message)
  })

  it('files that are missing or damaged', async () => {
    const remove = async (file: string): Promise<string> => {
      const folder = copyOf('dyt-mlp')
      rmSync(join(folder, file))
      return folder
    }
    await expect(verify(join(temp, 'nowhere'))).rejects.toThrow(DataError)
    await expect(verify(await remove('expected.json'))).rejects.toThrow(DataError)
    await expect(verify(await remove('expected.safetensors'))).rejects.toThrow(CheckpointError)
    await expect(verify(await remove('weights.safetensors'))).rejects.toThrow(CheckpointError)
    await expect(verify(await remove('inputs.safetensors'))).rejects.toThrow(CheckpointError)
    const folder = copyOf('dyt-mlp')
    change(folder, 'inputs', (all) => all.delete('labels'))
    await expect(verify(folder)).rejects.toThrow(/no input "labels"/)
    writeFileSync(join(folder, 'config.json'), '{"kind": ')
    await expect(verify(folder)).rejects.toThrow(/is not JSON/)
  })
})
