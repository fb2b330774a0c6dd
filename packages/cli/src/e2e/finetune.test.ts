import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from 'dynamic-tuning/report'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import {
  adapterBytes,
  dyt,
  folderWithBackbone,
  quick,
  saveTinyBackbone,
  steadyMetrics,
} from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

interface Summary {
  accuracy: number
  activeRate: number
  activeRatePerLayer: number[]
  trainableParams: number
  flops: number
  staticFlops: number
}

const fields =
  'run method accuracy activeRate activeRatePerLayer trainableParams flops seconds peakMemoryMB seed'

/** Trained weights of the tiny ViT: width 32, 2 layers, 8 classes, adapters of 4 features. */
const head = 32 * 8 + 8
const adapters = 2 * (32 * 4 + 4 + 4 * 32 + 32)
const dispatchers = 2 * (32 + 1)
const trained: Readonly<Record<string, number>> = {
  linear: head,
  adaptformer: head + adapters,
  dyt: head + adapters + dispatchers,
}

describe('dyt finetune, eval and predict', () => {
  it.each(['linear', 'full', 'adaptformer', 'dyt'])(
    'adapts with %s, and eval finds the same figures',
    async (method) => {
      const out = `runs/${method}`
      const tuned = await dyt(
        folder,
        'finetune',
        ...quick,
        '--method',
        method,
        '--epochs',
        '3',
        '--out',
        out,
        '--json',
      )
      expect(tuned.stderr).toMatch(/epoch 3\/3 {3}loss \d/)
      expect(tuned.code).toBe(0)
      const summary = JSON.parse(tuned.stdout) as Summary
      expect(Object.keys(summary)).toEqual(expect.arrayContaining(fields.split(' ')))
      if (trained[method] !== undefined) expect(summary.trainableParams).toBe(trained[method])
      const evaluated = await dytHere(folder, 'eval', out, '--json', '--quiet', '--threads', '1')
      expect(evaluated).toMatchObject({ code: 0, stderr: '' })
      const again = JSON.parse(evaluated.stdout) as Summary & {
        perClass: { images: number; accuracy: number }[]
      }
      for (const key of ['accuracy', 'activeRate', 'activeRatePerLayer', 'trainableParams', 'flops'] as const)
        expect(again[key], key).toEqual(summary[key])
      const correct = again.perClass.reduce((sum, each) => sum + each.images * each.accuracy, 0)
      expect(correct / 32).toBeCloseTo(summary.accuracy, 10)
      if (method === 'dyt') {
        const [first, second] = summary.activeRatePerLayer as [number, number]
        expect(summary.activeRate).toBeCloseTo((first + second) / 2, 12)
        expect(summary.activeRate).toBeGreaterThan(0)
        expect(summary.activeRate).toBeLessThan(1)
        // A token that skips the MLP of one layer saves its norm and both linear maps.
        const token = 5 * 32 + 2 * 32 * 64
        const added = 2 * 17 * (2 * 32 * 4 + 32)
        expect(summary.flops).toBeCloseTo(
          summary.staticFlops + added - 2 * 16 * (1 - summary.activeRate) * token,
          3,
        )
      } else expect(summary.activeRate).toBe(1)
    },
  )

  it('gives the same bytes for the same seed, others for another', async () => {
    const run = (out: string, seed: string) =>
      dyt(folder, 'finetune', ...quick, '--workers', '1', '--epochs', '2', '--seed', seed, '--out', out)
    const ends = await Promise.all([run('runs/a', '7'), run('runs/b', '7'), run('runs/c', '8')])
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
    const [a, b, c] = ['a', 'b', 'c'].map((name) => adapterBytes(join(folder, 'runs', name)) as Buffer)
    expect(a?.equals(b as Buffer)).toBe(true)
    expect(a?.equals(c as Buffer)).toBe(false)
    expect(steadyMetrics(join(folder, 'runs/a'))).toEqual(steadyMetrics(join(folder, 'runs/b')))
  })

  it('takes settings from a file, which flags override, and names runs by itself', async () => {
    writeFileSync(
      join(folder, 'run.yaml'),
      'data: builtin:count\nepochs: 1\nmethod: linear\nrateWeight: 1.5\nimageSize: 32\n',
    )
    const rest = [
      '--model',
      'tiny.safetensors',
      '--train-size',
      '32',
      '--test-size',
      '16',
      '--batch',
      '16',
      '--workers',
      '1',
    ]
    const first = await dyt(
      folder,
      'finetune',
      '--config',
      'run.yaml',
      ...rest,
      '--method',
      'adaptformer',
      '--json',
      '--quiet',
    )
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const { run } = JSON.parse(first.stdout) as { run: string }
    expect(run).toBe('runs/count-adaptformer')
    const { settings, version, formatVersion } = JSON.parse(
      readFileSync(join(folder, run, 'config.json'), 'utf8'),
    )
    expect(settings).toMatchObject({
      data: 'builtin:count',
      epochs: 1,
      method: 'adaptformer',
      rateWeight: 1.5,
      augment: 'none',
    })
    expect([formatVersion, typeof version]).toEqual([1, 'string'])
    const second = await dyt(folder, 'finetune', '--config', join(run, 'config.json'), '--json', '--quiet')
    expect(JSON.parse(second.stdout)).toMatchObject({
      run: 'runs/count-adaptformer-2',
      method: 'adaptformer',
    })
    expect(adapterBytes(join(folder, run))?.equals(adapterBytes(join(folder, `${run}-2`)) as Buffer)).toBe(
      true,
    )
  })

  it('predicts folders, patterns and files, and goes on after one that cannot be read', async () => {
    mkdirSync(join(folder, 'photos/deep'), { recursive: true })
    const picture = (shade: number) =>
      encodePng({ width: 8, height: 8, data: new Uint8Array(192).fill(shade) })
    for (const [name, shade] of [
      ['deep/b.png', 9],
      ['a.png', 200],
      ['c.png', 90],
    ] as const)
      writeFileSync(join(folder, 'photos', name), await picture(shade))
    writeFileSync(join(folder, 'cut.png'), (await picture(50)).subarray(0, 40))
    if (!existsSync(join(folder, 'runs/dyt')))
      await dyt(folder, 'finetune', ...quick, '--epochs', '1', '--out', 'runs/dyt')
    const ended = await dyt(
      folder,
      'predict',
      'runs/dyt',
      'photos',
      'cut.png',
      'photos/*.png',
      '--top',
      '8',
      '--json',
    )
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/^dyt: decode: cannot read image cut\.png: .*\n$/)
    const { results } = JSON.parse(ended.stdout) as {
      results: {
        image: string
        error?: string
        activeRate: number
        predictions: { class: string; probability: number }[]
      }[]
    }
    expect(results.map(({ image }) => image)).toEqual([
      'photos/a.png',
      'photos/c.png',
      'photos/deep/b.png',
      'cut.png',
      'photos/a.png',
      'photos/c.png',
    ])
    expect(results[0]).toEqual(results[4])
    for (const { predictions, error } of results) {
      if (error !== undefined) continue
      const shares = predictions.map(({ probability }) => probability)
      expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
      expect(shares).toEqual([...shares].sort((a, b) => b - a))
    }
    const text = await dytHere(folder, 'predict', 'runs/dyt', 'photos/a.png', '--top', '1')
    expect(text).toMatchObject({ code: 0, stderr: '' })
    const best = results[0]?.predictions[0]?.class
    expect(text.stdout).toMatch(new RegExp(`^photos/a\\.png   ${best} [\\d.]+ %   active \\d+ %\\n$`))
  })

  it('notices that the backbone is no longer the one the run was tuned on', async () => {
    saveTinyBackbone(join(folder, 'other.safetensors'), 1)
    const model = ['--model', 'other.safetensors', '--epochs', '1', '--method', 'linear']
    expect((await dyt(folder, 'finetune', ...quick, ...model, '--out', 'runs/moved')).code).toBe(0)
    saveTinyBackbone(join(folder, 'other.safetensors'), 2)
    const ended = await dytHere(folder, 'eval', 'runs/moved', '--json')
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(
      /^dyt: run: the weights of .*other\.safetensors are not those this run was tuned on\. .*\n$/,
    )
  })
})
