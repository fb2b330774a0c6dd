import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeModel } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { dyt, quick, saveTinySwin } from './dyt.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'dyt-swin-'))
afterAll(() => rmSync(folder, { recursive: true }))
saveTinySwin(join(folder, 'tiny.safetensors'), 1)

interface Summary {
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  readonly flops: number
  readonly staticFlops: number
  readonly trainableParams: number
}

/** Widths of the four blocks. */
const widths = [8, 8, 16, 16]
const tokens = [64, 64, 16, 16]

describe('the commands on a Swin', () => {
  it('finetune, eval, predict, explain and export a run', async () => {
    const tuned = await dyt(folder, 'finetune', ...quick, '--epochs', '2', '--out', 'run', '--json')
    expect(tuned).toMatchObject({ code: 0 })
    const summary = JSON.parse(tuned.stdout) as Summary
    const each = widths.map((width) => 2 * width * 4 + 4 + width + width + 1)
    const head = 16 * 8 + 8
    expect(summary.trainableParams).toBe(each.reduce((a, b) => a + b, head))
    const rates = summary.activeRatePerLayer
    expect(summary.activeRate).toBeCloseTo(rates.reduce((a, b) => a + b, 0) / 4, 12)
    // A token that skips an MLP saves its norm and both maps; adapters and dispatchers see all tokens.
    const change = widths.map((width, i) => {
      const [count, rate] = [tokens[i] as number, rates[i] as number]
      return count * (2 * width * 4 + width) - count * (1 - rate) * (5 * width + 4 * width * width)
    })
    expect(summary.flops).toBeCloseTo(
      change.reduce((a, b) => a + b, summary.staticFlops),
      3,
    )

    const evaluated = await dytHere(folder, 'eval', 'run', '--json', '--quiet', '--threads', '1')
    const again = JSON.parse(evaluated.stdout) as Summary
    expect([again.activeRatePerLayer, again.flops]).toEqual([rates, summary.flops])

    const explained = await dytHere(
      folder,
      'explain',
      'run',
      '--json',
      '--quiet',
      '--pictures',
      '1',
      '--threads',
      '1',
    )
    const { pictures } = JSON.parse(explained.stdout) as {
      pictures: { file: string; activeRatePerLayer: number[] }[]
    }
    const [picture] = pictures as [(typeof pictures)[0]]
    expect(picture.activeRatePerLayer).toHaveLength(4)
    // The image, four layers and the sum of them.
    const png = readFileSync(join(folder, picture.file))
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([6 * 208 + 5 * 10, 208 + 30])

    const predicted = await dytHere(
      folder,
      'predict',
      'run',
      picture.file,
      '--json',
      '--quiet',
      '--threads',
      '1',
    )
    expect(predicted).toMatchObject({ code: 0, stderr: '' })

    const exported = await dytHere(folder, 'export', 'run', '--out', 'model.onnx', '--json', '--quiet')
    expect(exported).toMatchObject({ code: 0 })
    expect(existsSync(join(folder, 'model.onnx'))).toBe(true)
    const { outputs } = decodeModel(readFileSync(join(folder, 'model.onnx')))
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', ['B', 8]],
      ['masks', ['B', 160]],
    ])
  })

  it('bench runs it beside the static model', async () => {
    const args = [
      '--model',
      'tiny.safetensors',
      '--batch',
      '1',
      '--rounds',
      '1',
      '--threads',
      '1',
      '--no-memory',
    ]
    for (const kind of ['inference', 'training']) {
      const { code, stdout } = await dyt(
        folder,
        'bench',
        kind,
        ...args,
        '--method',
        'dyt',
        '--json',
        '--quiet',
      )
      expect(code).toBe(0)
      const { results } = JSON.parse(stdout) as { results: { method: string }[] }
      expect(results.map(({ method }) => method)).toEqual(['static', 'dyt'])
    }
  })

  it.each([
    [
      ['finetune', ...quick, '--dispatch', 'layer', '--out', 'no'],
      /dispatch layer cannot go with this model/,
    ],
    [['finetune', ...quick, '--image-size', '40', '--out', 'no'], /windows of 4 x 4 do not cover/],
    [
      ['bench', 'inference', '--model', 'tiny.safetensors', '--method', 'fact-tt'],
      /fact-tt cannot go with this model/,
    ],
  ])('refuses what makes no sense on it before anything starts: %#', async (args, message) => {
    const { code, stderr } = await dytHere(folder, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })
})
