import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FinetuneInput, finetune } from 'dynamic-tuning'
import { modelConfig, tunerNamed } from 'dynamic-tuning/models'
import {
  type JointInput,
  type PaperScores,
  paperRows,
  planJoint,
  planVtab,
  type VtabInput,
} from 'dynamic-tuning/study'
import { afterAll, describe, expect, it } from 'vitest'
import { saveTinyBackbone, saveTinySwin } from './e2e/dyt.test.support.ts'
import { writeTask } from './e2e/vtab.test.support.ts'
import { readCasesAsFlags } from './options/many-runs.ts'
import { settingsIn } from './options/settings-in.ts'

const configs = fileURLToPath(new URL('../../../configs/', import.meta.url))
const files = readdirSync(join(configs, 'paper')).sort()
const folder = mkdtempSync(join(tmpdir(), 'dyt-'))
afterAll(() => rmSync(folder, { recursive: true }))
saveTinyBackbone(join(folder, 'vit.safetensors'), 1)
saveTinySwin(join(folder, 'swin.safetensors'), 1)
await writeTask(join(folder, 'vtab'), 'cifar', 0)

/** One run of a table: a row on a set. */
interface Planned {
  readonly row: string
  readonly set: string
  readonly input: FinetuneInput
}

/** All runs of a file; of VTAB-1K those of one task. */
function runsOf(file: string): readonly Planned[] {
  const settings = settingsIn(join(configs, 'paper', file))
  const cases = readCasesAsFlags(file, settings.cases as JointInput['datasets'])
  if (settings.datasets === undefined) {
    const plan = planVtab({ ...settings, cases, root: join(folder, 'vtab') } as VtabInput)
    return plan.cells.map((cell) => ({
      row: cell.row.name,
      set: cell.task.name,
      input: plan.caseOf(cell).input,
    }))
  }
  const datasets = readCasesAsFlags(file, settings.datasets as JointInput['datasets'])
  return planJoint({ ...settings, cases, datasets }).cells.map(({ row, dataset, case: { input } }) => ({
    ...{ row, set: dataset, input },
  }))
}

/** The table of the paper that a file is for. */
const tableOf = (file: string): number => Number(/table-(\d+)/.exec(file)?.[1] ?? 1)

/** The paper's rows of the table with the settings of a run. */
function printedFor(file: string, { input }: Planned): PaperScores[] {
  const { method = 'dyt', model = '', frames } = input
  const usual = { complete: true, distillation: true, rateWeight: 2, backbonePrecision: 'fp32' } as const
  const settings = { ...usual, ...tunerNamed(method).defaults, ...input, method }
  const config = modelConfig(model, 100, { ...(frames !== undefined && { frames }) })
  return paperRows(settings, config).filter(({ table }) => table === tableOf(file))
}

describe.each(files)('configs/paper/%s', (file) => {
  it('has rows with the settings and names of the paper', () => {
    for (const run of runsOf(file)) {
      const [found, ...others] = printedFor(file, run)
      // Figure 7 has rates that Table 1 has not.
      if (file === 'figure-7.yaml' && found === undefined) continue
      expect(others).toEqual([])
      expect(run.row.replace(file === 'figure-7.yaml' ? / r=.*/ : '', '')).toBe(found?.method)
      expect(found?.scores[run.set] ?? found?.scores['VTAB-1K']).toBeGreaterThan(0)
    }
  })

  it('says how to run it, and is in the README', () => {
    const text = readFileSync(join(configs, 'paper', file), 'utf8')
    const command = text.includes('datasets:') ? 'dyt compare' : 'dyt vtab --root vtab-1k'
    expect(text).toContain(`# ${command} --config configs/paper/${file} --model WEIGHTS`)
    expect(text).toMatch(/# Source: .* of arXiv:2403\.11808/)
    expect(readFileSync(join(configs, 'README.md'), 'utf8')).toContain(`\`paper/${file}\``)
  })
})

/** Small enough for a moment: a tiny backbone, one step, two images for the test. */
const tiny = {
  imageSize: [32, 32],
  ...{ epochs: 1, warmupEpochs: 0, batch: 4, microBatch: 4, trainSize: 4, testSize: 2, validationImages: 1 },
  ...{ threads: 1, workers: 0 },
} as const

/** What of a run this test can tell apart: not its rate, its sizes or its set. */
function keyOf({ model = '', frames, views, ...input }: FinetuneInput): string {
  if (frames !== undefined) return JSON.stringify([frames, views])
  const { method, dispatch, dispatchLevel, dispatchStrategy, experts, reduction, finalTemperature } = input
  const { complete, distillation } = input
  const gates = [dispatch, dispatchLevel, dispatchStrategy, finalTemperature]
  return JSON.stringify([model.slice(0, 4), method, gates, experts, reduction, complete, distillation])
}

describe('every row of the paper', () => {
  const all = files.flatMap((file) => runsOf(file).map((run) => ({ file, ...run })))
  const seen = new Set<string>()
  const chosen = all.filter(({ file, input }) => {
    const fresh = [keyOf(input), file].filter((key) => !seen.has(key))
    for (const key of fresh) seen.add(key)
    return fresh.length > 0
  })

  it('is there', () => {
    expect(new Set(all.map(({ file, row }) => `${file} ${row}`)).size).toBe(93)
    expect(new Set(chosen.map(({ file }) => file)).size).toBe(files.length)
  })

  it('runs on drawn data', { timeout: 400_000 }, async () => {
    for (const [i, { file, row, set, input }] of chosen.entries()) {
      const data = set === 'cifar' ? input.data : drawnFor(input)
      const model = join(folder, `${input.model?.startsWith('swin') ? 'swin' : 'vit'}.safetensors`)
      const out = join(folder, 'runs', String(i))
      const { summary } = await finetune({ ...input, ...tiny, data, model }, { out })
      expect([file, row, set, Number.isFinite(summary.loss)]).toEqual([file, row, set, true])
      expect(existsSync(join(out, 'report.html'))).toBe(true)
      rmSync(out, { recursive: true })
    }
  })
})

const drawnFor = ({ frames }: FinetuneInput): string =>
  frames === undefined ? 'builtin:nature' : 'builtin:motion'
