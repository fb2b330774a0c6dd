import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FinetuneInput } from 'dynamic-tuning'
import { paperTable } from 'dynamic-tuning/cost'
import { tunerNamed } from 'dynamic-tuning/models'
import { checkFinetune } from 'dynamic-tuning/settings'
import { describe, expect, it } from 'vitest'
import { commands } from './commands/registry.ts'
import { resolveOptions } from './options/settings-file.ts'
import { buildProgram } from './program.ts'

const folder = fileURLToPath(new URL('../../../configs/', import.meta.url))
const recipes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  // Those of videos are in video-recipes.test.ts, those of tables in paper-recipes.slow.test.ts.
  .filter((path) => /^(complete|vtab-1k)\/.*\.yaml$/.test(path) && !path.endsWith('shared.yaml'))
  .sort()
const textOf = (path: string): string => readFileSync(folder + path, 'utf8')

/** What `dyt finetune` makes of a recipe and further flags. */
async function settingsOf(path: string, ...flags: string[]): Promise<FinetuneInput> {
  let options: Record<string, unknown> = {}
  const program = buildProgram(commands, async (unit, command) => {
    options = resolveOptions(command, unit.fileKeys ?? [])
  })
  await program.parseAsync(['finetune', '--config', folder + path, '--data', 'd', ...flags], { from: 'user' })
  const { config: _config, ...input } = options
  return checkFinetune(input)
}

const image = { imageSize: [224, 224], labelSmoothing: 0, epochs: 100 }
/** AdamW 1e-3 after 10 warm-up epochs, down to 1e-5; images as they are. */
const vtab = {
  ...image,
  ...{ resize: 'squash', augment: 'none', split: 'final', batch: 64, warmupEpochs: 10 },
  ...{ learningRate: 1e-3, minimumLearningRate: 1e-5, weightDecay: 1e-4 },
}
/** Table 14: base rate 1e-3 for 256 images, 20 warm-up epochs, down to 0. */
const complete = {
  ...image,
  ...{ resize: 'crop', cropRatio: 224 / 256, augment: 'resized-crop', batch: 1024, warmupEpochs: 20 },
  ...{ baseLearningRate: 1e-3, minimumLearningRate: 0, weightDecay: 0.01 },
}
const adapter = (bottleneck: number, adapterScale = 0.1) => ({
  bottleneck,
  adapterScale,
  adapterDropout: 0.1,
})
const gates = (rate: number) => ({
  ...{ method: 'dyt', dispatch: 'mlp', rate, temperature: 5, rateWeight: 2 },
  ...{ complete: true, distillation: true },
})

/** Every recipe: all of its values, and the table and row of the paper that it makes. */
const expected: Readonly<Record<string, readonly [object, number, string]>> = {
  'complete/adaptformer.yaml': [{ ...complete, ...adapter(64), method: 'adaptformer' }, 6, 'AdaptFormer'],
  'complete/dyt-moe.yaml': [
    { ...complete, ...gates(0.5), ...adapter(64), experts: 4, router: 'softmax' },
    6,
    'DyT+ N=4',
  ],
  'complete/dyt.yaml': [{ ...complete, ...gates(0.5), ...adapter(64) }, 6, 'DyT'],
  'complete/full.yaml': [{ ...complete, method: 'full' }, 6, 'Full tuning'],
  'complete/linear.yaml': [{ ...complete, method: 'linear' }, 6, 'Linear'],
  'vtab-1k/adaptformer.yaml': [{ ...vtab, ...adapter(8), method: 'adaptformer' }, 3, 'AdaptFormer'],
  'vtab-1k/dyt-r0.5.yaml': [{ ...vtab, ...gates(0.5), ...adapter(8, 1) }, 3, 'DyT r=0.5'],
  'vtab-1k/dyt-r0.7.yaml': [{ ...vtab, ...gates(0.7), ...adapter(8, 1) }, 3, 'DyT r=0.7'],
  'vtab-1k/dyt-r0.9.yaml': [{ ...vtab, ...gates(0.9), ...adapter(8, 1) }, 3, 'DyT r=0.9'],
  'vtab-1k/full.yaml': [{ ...vtab, method: 'full' }, 3, 'Full tuning'],
  'vtab-1k/linear.yaml': [{ ...vtab, method: 'linear' }, 3, 'Frozen'],
}

describe('recipes in configs/', () => {
  it('are all here', () => {
    expect(recipes).toEqual(Object.keys(expected))
    // The method takes a tenth of the learning rate by itself.
    expect(tunerNamed('full').learningRateFactor).toBe(0.1)
  })

  it.each(recipes)('%s: the values are the paper’s, and its head says what to expect', async (path) => {
    const [values, number, method] = expected[path] as (typeof expected)[string]
    const model = 'vit_base_patch16_224'
    expect(await settingsOf(path)).toEqual({ ...values, data: 'd', model })
    const row = paperTable(number).rows.find((each) => each.method === method)
    const head = textOf(path)
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .join('\n')
    expect(head).toContain(`row "${method}" of Table ${number}.`)
    expect(head).toContain(`dyt finetune --config configs/${path} --data `)
    expect(head).toMatch(/\n# Expected: .*%/)
    expect(head).toMatch(/\n# Source: .*arXiv:2403\.11808/)
    expect(head).toContain(`${row?.flops} G FLOPs`)
    if (Number(row?.params) > 0) expect(head).toContain(`${row?.params} M parameters`)
  })

  it.each(recipes)('%s: is in the table of the README with its figures', (path) => {
    const [, number, method] = expected[path] as (typeof expected)[string]
    const row = paperTable(number).rows.find((each) => each.method === method)
    const line = textOf('README.md')
      .split('\n')
      .find((each) => each.startsWith(`| \`${path}\``))
    const cells = line?.split('|').map((cell) => cell.trim()) ?? []
    expect(cells[2]?.replaceAll(' = ', '=')).toBe(`Table ${number}, ${method}`)
    expect(cells.at(-2)).toBe(row?.flops)
    expect(Number(cells.at(-3))).toBe(Number(row?.params))
    for (const figure of cells.slice(3, -3)) expect(textOf(path)).toContain(figure)
  })

  it('give way to flags', async () => {
    const given = await settingsOf('complete/dyt.yaml', '--model', 'large.safetensors', '--rate', '0.7')
    expect(given).toMatchObject({ model: 'large.safetensors', rate: 0.7, batch: 1024 })
  })
})

const spec = new URL('../../dynamic-tuning/fixtures/paper/tables.json', import.meta.url)
describe('expected accuracies', () => {
  type Table = { columns: string[]; rows: { method: string; values: number[] }[] }
  const tables = (): Record<string, Table> => JSON.parse(readFileSync(spec, 'utf8'))

  it.each(recipes)('%s: are those in print', (path) => {
    const [, number, method] = expected[path] as (typeof expected)[string]
    const name = number === 3 ? 'table3_vtab1k_vit_b' : 'table6_image_video'
    const { columns, rows } = tables()[name] as Table
    const values = rows.find((row) => row.method === method)?.values ?? []
    const sets = ['CIFAR-100', 'SVHN', 'Food-101', 'Air', 'Pet', 'Car']
    const figures = (number === 3 ? ['group_mean'] : [...sets, 'image_avg']).map((column) =>
      (values[columns.indexOf(column)] as number).toFixed(2),
    )
    const line = textOf(path)
      .split('\n')
      .find((each) => each.startsWith('# Expected:'))
    expect(line?.match(/\d+\.\d\d(?=[ ,])/g)?.slice(0, figures.length)).toEqual(figures)
  })
})
