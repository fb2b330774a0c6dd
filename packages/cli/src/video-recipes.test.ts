import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FinetuneInput } from 'dynamic-tuning'
import { checkFinetune } from 'dynamic-tuning/settings'
import { describe, expect, it } from 'vitest'
import { commands } from './commands/registry.ts'
import { resolveOptions } from './options/settings-file.ts'
import { buildProgram } from './program.ts'

const folder = fileURLToPath(new URL('../../../configs/', import.meta.url))
const recipes = readdirSync(`${folder}video`)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
const textOf = (path: string): string => readFileSync(folder + path, 'utf8')

/** What `dyt finetune` makes of a recipe. */
async function settingsOf(name: string): Promise<FinetuneInput> {
  let options: Record<string, unknown> = {}
  const program = buildProgram(commands, async (unit, command) => {
    options = resolveOptions(command, unit.fileKeys ?? [])
  })
  const args = ['finetune', '--config', `${folder}video/${name}`, '--data', 'd']
  await program.parseAsync(args, { from: 'user' })
  const { config: _config, ...input } = options
  return checkFinetune(input)
}

/** Table 15: base rate 1e-3 for 256 clips, 2 warm-up epochs, down to 0. */
const shared = {
  ...{ data: 'd', model: 'vit_base_patch16_224', imageSize: [224, 224], labelSmoothing: 0, resize: 'crop' },
  ...{ frames: 8, batch: 128, baseLearningRate: 1e-3, minimumLearningRate: 0, weightDecay: 0.01 },
  warmupEpochs: 2,
}
const sets = {
  k400: { epochs: 12, sampling: 'dense', samplingRate: 16, views: [1, 3], augment: 'short-side' },
  ssv2: { epochs: 50, sampling: 'uniform', views: [3, 1], augment: 'rand-augment' },
}
const adapter = { bottleneck: 64, adapterScale: 0.1, adapterDropout: 0.1 }
const gates = {
  ...{ method: 'dyt', dispatch: 'mlp', rate: 0.5, temperature: 5, rateWeight: 2 },
  ...{ complete: true, distillation: true },
}
const methods = {
  dyt: { ...adapter, ...gates },
  'dyt-moe': { ...adapter, ...gates, experts: 4, router: 'softmax' },
  adaptformer: { ...adapter, method: 'adaptformer' },
  linear: { method: 'linear' },
  full: { method: 'full' },
}
/** Rows of Table 6. */
const rowOf: Readonly<Record<keyof typeof methods, string>> = {
  dyt: 'DyT',
  'dyt-moe': 'DyT+ N=4',
  adaptformer: 'AdaptFormer',
  linear: 'Linear',
  full: 'Full tuning',
}
type Parts = readonly [keyof typeof sets, keyof typeof methods]
const partsOf = (name: string): Parts => /^(\w+)-(.*)\.yaml$/.exec(name)?.slice(1) as unknown as Parts

const spec = new URL('../../dynamic-tuning/fixtures/paper/tables.json', import.meta.url)
type Table = { columns: string[]; rows: { method: string; values: number[] }[] }
const printed = (JSON.parse(readFileSync(spec, 'utf8')) as Record<string, Table>).table6_image_video

describe('recipes in configs/video', () => {
  it('are all here', () => {
    const all = Object.keys(sets).flatMap((set) =>
      Object.keys(methods).map((method) => `${set}-${method}.yaml`),
    )
    expect(recipes).toEqual(all.sort())
  })

  it.each(recipes)('%s: the values are the paper’s, and its head says what to expect', async (name) => {
    const [set, method] = partsOf(name)
    expect(await settingsOf(name)).toEqual({ ...shared, ...sets[set], ...methods[method] })
    const head = textOf(`video/${name}`)
    expect(head).toContain(`row "${rowOf[method]}" of Table 6.`)
    expect(head).toContain(`# dyt finetune --config configs/video/${name} --data `)
    expect(head).toMatch(/\n# Expected: \d\d\.\d\d %, .*\d+\.\d\d G FLOPs/)
    expect(head).toMatch(/\n# Source: Tables 6 and 15 of arXiv:2403\.11808/)
  })

  it.each(recipes)('%s: its figures are those in print, and in the table of the README', (name) => {
    const [set, method] = partsOf(name)
    const [, accuracy, flops] =
      /# Expected: ([\d.]+) %.* ([\d.]+) G FLOPs/.exec(textOf(`video/${name}`)) ?? []
    const line = textOf('README.md')
      .split('\n')
      .find((each) => each.startsWith(`| \`video/${name}\``))
    const cells = line?.split('|').map((cell) => cell.trim()) ?? []
    expect(cells.slice(2, 4)).toEqual([`Table 6, ${rowOf[method].replace('=', ' = ')}`, accuracy])
    expect(cells[5]).toBe(flops)
    const values = printed?.rows.find((row) => row.method === rowOf[method])?.values ?? []
    const at = (column: string): number => values[printed?.columns.indexOf(column) ?? -1] as number
    expect([Number(accuracy), Number(cells[4]), Number(flops)]).toEqual([
      at(set === 'k400' ? 'K400' : 'SSv2'),
      at('params_M'),
      at('video_flops_G'),
    ])
  })
})
