import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { vtabTasks } from '../../data/kinds/vtab.ts'
import { modelConfig } from '../../models/named-model.ts'
import { completeFinetune } from '../../run/settings/complete-finetune.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import type { RunEnds } from '../pool/run-all.ts'
import type { JobEnd } from '../pool/start-finetune.ts'
import { byGroup, byTask, jointPlot } from './joint-table.ts'
import type { VtabOutcome, VtabRow } from './outcome.ts'
import { planVtab, type VtabInput, type VtabPlan } from './plan.ts'
import { summarizeRow } from './summarize-row.ts'

/** A folder for each task, whose lists only have to be there. */
const root = mkdtempSync(join(tmpdir(), 'vtab-'))
afterAll(() => rmSync(root, { recursive: true }))
for (const { name } of vtabTasks) {
  mkdirSync(join(root, name))
  writeFileSync(join(root, name, 'test.txt'), '')
}
/** The plan for folders with the images of VTAB-1K. */
const planOf = (input: VtabInput): VtabPlan => ({
  ...planVtab({ root, bottleneck: 8, ...input }),
  differing: [],
})

/** Runs of ViT-B/16 that end with the score `of` a task. */
function endsOf(plan: VtabPlan, of: (task: string) => number): RunEnds {
  const config = modelConfig('vit_base_patch16_224', 10)
  const ends = plan.cells.map((cell, i): [PlannedRun, Exclude<JobEnd, { kind: 'stopped' }>] => {
    const own = plan.caseOf(cell)
    const settings = completeFinetune(own.input, { config, augment: 'none' })
    const run = { case: own, seed: 0, number: i + 1, path: '', log: '', input: own.input, settings, config }
    const summary: Partial<RunSummary> & { accuracy: number } = {
      ...{ method: own.method, model: 'm', data: join(root, cell.task.name), accuracy: of(cell.task.name) },
      ...{ flops: 12e9, trainableParams: 1000, activeRatePerLayer: [], seconds: 1, peakMemoryMB: 1, seed: 0 },
    }
    return [
      { ...run, expectedMB: 1 },
      { kind: 'finished', summary: summary as RunSummary },
    ]
  })
  return new Map(ends)
}

/** The rows of a study whose every task scores 0.5. */
function rowsOf(input: VtabInput, plan = planOf(input)): VtabRow[] {
  const ends = endsOf(plan, () => 0.5)
  return plan.rows.flatMap((row) => summarizeRow(row, { plan, ends, search: [] }))
}

describe('a row of VTAB-1K', () => {
  it('stands beside the paper’s with the same settings', () => {
    const [row, ...others] = rowsOf({}) as [VtabRow]
    expect(others).toEqual([])
    expect(row).toMatchObject({ complete: true, flops: 12e9, trainableParams: 1000 })
    expect(row.paper).toEqual({ table: 3, method: 'DyT r=0.5', mean: 0.7714, flopsG: 12.54 })
    expect(row.tasks.slice(0, 2).map(({ task, paper }) => [task, paper])).toEqual([
      ['cifar', 0.736],
      ['caltech101', 0.948],
    ])
    expect(row.mean).toMatchObject({ accuracy: 0.5, paper: expect.closeTo(0.7714, 3) })
    expect(row.groups.map(({ paper }) => paper?.toFixed(4))).toEqual(['0.8219', '0.8642', '0.6285'])
  })

  it('has means of the paper over the same tasks, and its printed one where that is all', () => {
    const [some] = rowsOf({ tasks: ['cifar', 'kitti'] }) as [VtabRow]
    expect(some.complete).toBe(false)
    expect(some.mean.paper).toBeCloseTo((0.736 + 0.837) / 2, 12)
    const [ablated] = rowsOf({ distillation: false }) as [VtabRow]
    expect([ablated.mean.paper, ablated.tasks[0]?.paper]).toEqual([0.767, null])
    const [less] = rowsOf({ distillation: false, tasks: ['cifar'] }) as [VtabRow]
    expect(less.mean.paper).toBe(null)
  })

  it('has no figures of the paper for other settings', () => {
    const [row] = rowsOf({ experts: 2 }) as [VtabRow]
    expect([row.paper, row.mean.paper, row.tasks.some(({ paper }) => paper !== null)]).toEqual([
      null,
      null,
      false,
    ])
  })
})

it('has no figure of the paper for a task with other images, nor means with it', () => {
  const differing = [{ task: 'cifar', differences: ['test.txt has 4 images instead of 10000'] }]
  const [row] = rowsOf({}, { ...planOf({}), differing }) as [VtabRow]
  expect(row.tasks.slice(0, 2).map(({ paper }) => paper)).toEqual([null, 0.948])
  expect([row.complete, row.mean.paper, row.groups[0]?.paper]).toEqual([false, null, null])
})

describe('several rows', () => {
  const rows = rowsOf({ method: ['dyt', 'bitfit', 'dynamic-full'], tasks: ['cifar', 'kitti'] })
  const outcome = { rows } as Partial<VtabOutcome> as VtabOutcome

  it('are one table, each of ours above the paper’s', () => {
    expect(byTask(outcome)).toEqual({
      heads: ['method', 'CIFAR-100', 'KITTI-Dist', 'mean', 'trained', 'FLOPs'],
      lines: [
        ['dyt', '50.0', '50.0', '50.0', '1.00 k', '12.00 G'],
        ['dyt (paper)', '73.6', '83.7', '78.6', '–', '–'],
        ['bitfit', '50.0', '50.0', '50.0', '1.00 k', '12.00 G'],
        ['bitfit (paper)', '72.8', '55.9', '64.3', '–', '–'],
        ['dynamic-full', '50.0', '50.0', '50.0', '1.00 k', '12.00 G'],
      ],
    })
    expect(byGroup(outcome).lines[1]).toEqual(['dyt (paper)', '73.60', '–', '83.70', '78.65', '–', '–'])
  })

  it('are one plot, with the paper’s points where all tasks are there', () => {
    expect(jointPlot(outcome)).not.toContain('(paper)')
    const plot = jointPlot({ ...outcome, rows: rowsOf({ method: ['dyt', 'bitfit'] }) })
    for (const name of ['dyt', 'dyt (paper)', 'bitfit', 'bitfit (paper)']) expect(plot).toContain(`>${name}<`)
  })
})
