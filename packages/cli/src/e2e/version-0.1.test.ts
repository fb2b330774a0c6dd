import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openModelFile, type TensorData } from '@dynamic-tuning/engine'
import { readSafetensors } from 'dynamic-tuning/io'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { dyt } from './dyt.test.support.ts'

const fixtures = fileURLToPath(new URL('../../../dynamic-tuning/fixtures/v0.1', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'version-0.1-'))
afterAll(() => rmSync(folder, { recursive: true }))
cpSync(fixtures, folder, { recursive: true })

const finished = ['images', 'clips', 'swin'] as const
const names = [...finished, 'interrupted'] as const
type Name = (typeof names)[number]

/** What version 0.1 said of a fixture. */
interface Expected {
  readonly evaluation: object
  readonly onnx?: { readonly logits: readonly number[]; readonly masks: readonly number[] }
  readonly prediction?: object
}

const expectedOf = (name: Name): Expected =>
  JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as Expected

/** Puts the place of the models into a run's texts, as one does who moved a folder. */
function moveRun(run: string): void {
  for (const file of ['config.json', 'metrics.jsonl']) {
    const path = join(run, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('FOLDER', folder.replaceAll('\\', '/')))
  }
}
for (const name of names) moveRun(join(folder, name, 'run'))

/** The same JSON, numbers being close to those given. */
function near(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : expect.closeTo(value, 5)
  if (Array.isArray(value)) return value.map(near)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, near(part)]))
}

/** Largest difference of two tensors' values; infinite where there is no such tensor. */
function apart(a: TensorData, b: TensorData | undefined): number {
  if (b === undefined || String(a.shape) !== String(b.shape)) return Number.POSITIVE_INFINITY
  const [first, second] = [Array.from(a.data, Number), Array.from(b.data, Number)]
  return first.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(second[i]))), 0)
}

/** Answers of the ONNX file to two images, whose value i is (37 i mod 256) / 128 - 1. */
async function onnxAnswers(): Promise<Record<string, TensorData>> {
  const data = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => ((37 * i) % 256) / 128 - 1)
  const session = await openModelFile(join(folder, 'images/model.onnx'), { threads: 1 })
  const answers = await session.run({
    pixel_values: { dtype: 'float32', shape: [2, 3, 32, 32], data },
    threshold: { dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 0.5) },
  })
  await session.release()
  return answers
}

/** How far the ONNX file of version 0.1 is from what it said where it was written. */
async function onnxError(): Promise<number> {
  const { logits, masks } = await onnxAnswers()
  const { onnx } = expectedOf('images')
  if (!logits || !masks || !onnx) throw new Error('the fixture or the file lacks an output')
  expect([...masks.data]).toEqual(onnx.masks)
  return apart(logits, { ...logits, data: Float32Array.from(onnx.logits) })
}

/** What changed on purpose: clips have the frames that the official code chooses, LoRA is counted merged. */
const changed: Partial<Record<Name, object>> = {
  clips: {
    activeRate: 0.37890625,
    activeRatePerLayer: [0.416015625, 0.341796875],
    flops: 505446,
    loss: 2.0771075829811343,
    gates: [
      { layer: 0, part: 'mlp', rate: 0.416015625, rms: 0.5675769152172241 },
      { layer: 1, part: 'mlp', rate: 0.341796875, rms: 0.46179739706661405 },
    ],
  },
  swin: { flops: 234848 },
}

/** `dyt eval` says of a run what version 0.1 said. */
async function expectFigures(name: Name): Promise<void> {
  const run = join(folder, name, 'run')
  const { code, stdout, stderr } = await dytHere(folder, 'eval', run, '--json', '--quiet', '--threads', '1')
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toMatchObject(
    near({ ...expectedOf(name).evaluation, ...changed[name] }) as object,
  )
}

describe('what version 0.1 wrote', () => {
  it('goes on with a run that version 0.1 left, to the weights that it came to', async () => {
    const run = join(folder, 'interrupted/run')
    expect(existsSync(join(run, 'adapter.safetensors'))).toBe(false)
    expect(await dyt(folder, 'finetune', '--resume', '--out', run, '--quiet')).toMatchObject({ code: 0 })
    const found = readSafetensors(join(run, 'adapter.safetensors'))
    const expected = readSafetensors(join(folder, 'interrupted/resumed.safetensors'))
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
    const largest = Math.max(...[...expected].map(([name, tensor]) => apart(tensor, found.get(name))))
    // Bits are the same on processors that round as the one of the fixtures: the ONNX file tells.
    expect(largest).toBeLessThanOrEqual((await onnxError()) === 0 ? 0 : 1e-3)
    await expectFigures('interrupted')
  })

  it.each(finished)('finds the figures of version 0.1: %s', expectFigures)

  it('predicts a picture as version 0.1 did', async () => {
    const how = ['--json', '--quiet', '--threads', '1']
    const { code, stdout } = await dytHere(folder, 'predict', 'images/run', 'picture.png', ...how)
    expect(code).toBe(0)
    const { results } = JSON.parse(stdout) as { results: object[] }
    expect(results).toEqual([near(expectedOf('images').prediction)])
  })

  it('runs an ONNX file of version 0.1', async () => {
    expect(await onnxError()).toBeLessThan(1e-5)
  })
})
