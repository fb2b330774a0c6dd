import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Explanation } from 'dynamic-tuning'
import { drawImage } from 'dynamic-tuning/data'
import { encodePng } from 'dynamic-tuning/report'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { adapterBytes, dyt, type Ended, folderWithBackbone } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

const tiny = ['--model', 'tiny.safetensors', '--threads', '1']
let shown: Ended
beforeAll(async () => {
  shown = await dyt(folder, 'demo', '--quick', ...tiny)
})

describe('dyt demo', () => {
  it('prints one table of four methods, and where to look', () => {
    expect(shown.code).toBe(0)
    const lines = shown.stdout.split('\n')
    const row = (name: string): string => lines.find((line) => line.startsWith(name)) ?? ''
    expect(row('method')).toMatch(
      /accuracy +95 % +trained parameters +FLOPs per image +images\/s +active tokens$/,
    )
    // A head of 32 features and 8 classes.
    expect(row('linear probe')).toMatch(
      /^linear probe +\d+\.\d % +\d+\.\d to \d+\.\d +264 +427\.68 k +\d+(\.\d+)? +100\.0 %$/,
    )
    for (const name of ['full tuning', 'AdaptFormer', 'DyT, r = 0.5'])
      expect(row(name)).toMatch(
        / \d+\.\d % +\d+\.\d to \d+\.\d +\d+\.\d\d k +\d+\.\d\d k +\d+(\.\d+)? +\d+\.\d %$/,
      )
    expect(shown.stdout).toContain(join('runs', 'demo', 'report.html'))
    expect(shown.stdout).toContain('dyt finetune --data photos/')
  })

  it('leaves a run of each method, a report over all of them and a model', () => {
    const at = (...parts: string[]): string => join(folder, 'runs', 'demo', ...parts)
    for (const method of ['linear', 'full', 'adaptformer', 'dyt'])
      for (const name of ['config.json', 'metrics.jsonl', 'adapter.safetensors', 'report.html'])
        expect(existsSync(at(method, name))).toBe(true)
    const page = readFileSync(at('report.html'), 'utf8')
    for (const text of [
      'linear probe',
      'full tuning',
      'AdaptFormer',
      'DyT, r = 0.5',
      'target 50 %',
      '<figcaption>',
    ])
      expect(page).toContain(text)
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  })

  it('makes runs that finetune makes again from their config.json, bit for bit', async () => {
    const run = join('runs', 'demo', 'dyt')
    const again = await dyt(
      folder,
      'finetune',
      '--config',
      join(run, 'config.json'),
      '--out',
      'again',
      '--quiet',
    )
    expect(again.code).toBe(0)
    const bytes = adapterBytes(join(folder, 'again')) as Buffer
    expect(adapterBytes(join(folder, run))?.equals(bytes)).toBe(true)
  })

  it('takes the next free folder, and leaves none where the backbone cannot be read', async () => {
    const { code, stderr } = await dytHere(folder, 'demo', '--model', './nothing.safetensors')
    expect([code, stderr]).toEqual([1, expect.stringContaining(`into ${join('runs', 'demo-2')}`)])
    expect(stderr).toContain('nothing.safetensors does not exist')
    expect(existsSync(join(folder, 'runs', 'demo-2'))).toBe(false)
  })

  it('refuses a folder that holds something', async () => {
    mkdirSync(join(folder, 'full'))
    writeFileSync(join(folder, 'full', 'notes.txt'), '')
    const { code, stderr } = await dytHere(folder, 'demo', '--quick', ...tiny, '--out', 'full')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^dyt: run: full is not empty, it holds notes.txt/m),
    ])
  })
})

describe('dyt explain', () => {
  it('draws the tokens of a photo, and says the rate of every layer', async () => {
    writeFileSync(join(folder, 'scene.png'), await encodePng(drawImage('nature', 3, 0, 96)))
    const run = join('runs', 'demo', 'dyt')
    const { code, stdout } = await dyt(
      folder,
      'explain',
      run,
      'scene.png',
      '--layers',
      '0,1',
      '--out',
      'tokens',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Active tokens, layer by layer: [\d.]+ % on average over 1 image\n/)
    expect(stdout).toMatch(/^1 +[\d.]+ % {2}━*─*$/m)
    expect(statSync(join(folder, 'tokens', '01-scene.png')).size).toBeGreaterThan(1000)
    const json = await dytHere(folder, 'explain', run, '--pictures', '2', '--json')
    const { pictures, activeRatePerLayer, activeRate } = JSON.parse(json.stdout) as Explanation
    expect(pictures.map(({ file }) => existsSync(join(folder, file)))).toEqual([true, true])
    expect(activeRatePerLayer.reduce((a, b) => a + b, 0) / 2).toBeCloseTo(activeRate, 12)
  })

  it('ends with code 2 for a layer or a method that cannot be', async () => {
    const layer = await dytHere(folder, 'explain', join('runs', 'demo', 'dyt'), '--layers', '7')
    expect([layer.code, layer.stderr]).toEqual([2, expect.stringContaining('there is no layer 7')])
    const method = await dytHere(folder, 'explain', join('runs', 'demo', 'full'))
    expect([method.code, method.stderr]).toEqual([2, expect.stringContaining('skips no tokens')])
  })
})

describe('dyt export', () => {
  it('writes a run as ONNX with its classes, which plain ONNX Runtime opens', async () => {
    const run = join('runs', 'demo', 'dyt')
    const { code, stdout } = await dytHere(folder, 'export', run, '--format', 'onnx', '--json')
    expect(code).toBe(0)
    const file = join(run, 'model.onnx')
    expect(JSON.parse(stdout)).toMatchObject({ file, method: 'dyt', pass: 'skip', external: false })
    const bytes = readFileSync(join(folder, file))
    expect(bytes.equals(readFileSync(join(folder, 'runs', 'demo', 'model.onnx')))).toBe(true)
    for (const text of ['"clouds","sea"', 'image_mean', '[0.5,0.5,0.5]'])
      expect(bytes.includes(text)).toBe(true)
    const session = await InferenceSession.create(bytes)
    const images = new Tensor('float32', new Float32Array(3 * 3 * 32 * 32), [3, 3, 32, 32])
    const threshold = new Tensor('float32', [0.5, 0.5], [2])
    const { logits, masks } = await session.run({ pixel_values: images, threshold })
    expect([logits?.dims, masks?.dims]).toEqual([
      [3, 8],
      [3, 2, 16],
    ])
    await session.release()
  })

  it('makes a model to measure, with as many active tokens as asked for', async () => {
    const name = ['--model', 'vit_tiny_patch16_32', '--random-weights', '--active', '0.25', '--classes', '4']
    const { code, stdout } = await dytHere(
      folder,
      'export',
      ...name,
      '--out',
      'random.onnx',
      '--threads',
      '1',
    )
    expect([code, stdout]).toEqual([0, expect.stringContaining('pixel_values [B, 3, 32, 32]')])
    expect(stdout).toContain('logits [B, 4], masks [B, 12, 4]')
    const missing = await dytHere(folder, 'export', '--model', 'vit_tiny_patch16_32')
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('--random-weights')])
  })
})

describe('dyt demo --task segmentation', () => {
  it('shows the same for pixels', async () => {
    const { code, stdout } = await dyt(
      folder,
      ...['demo', '--task', 'segmentation', '--quick', '--out', 'runs/pixels', ...tiny],
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^method +mIoU +95 % +trained parameters/m)
    expect(stdout).toContain('dyt finetune --data streets/  (images/ and masks/)')
    const page = readFileSync(join(folder, 'runs', 'pixels', 'report.html'), 'utf8')
    expect(page).toContain('of the pixels right')
    const own = readFileSync(join(folder, 'runs', 'pixels', 'linear', 'report.html'), 'utf8')
    for (const text of ['<h2>Pictures</h2>', '<h2>Classes</h2>', 'IoU', '<h2>Confusions</h2>'])
      expect(own).toContain(text)
  })
})
