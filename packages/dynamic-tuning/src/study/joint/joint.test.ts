import { describe, expect, it } from 'vitest'
import { modelConfig } from '../../models/named-model.ts'
import { completeFinetune } from '../../run/settings/complete-finetune.ts'
import { exampleRun } from '../compare/example.test.support.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import type { JobEnd } from '../pool/start-finetune.ts'
import { rowsOf } from './compare-jointly.ts'
import { jointReport, seriesByRate } from './joint-report.ts'
import { jointCsv, jointMarkdown, jointTable } from './joint-table.ts'
import type { JointOutcome } from './outcome.ts'
import { type JointPlan, planJoint } from './plan.ts'

const datasets = [
  { name: 'CIFAR-100', data: 'a', method: 'linear', epochs: 9, batch: 8 },
  { name: 'SVHN', data: 'b', epochs: 5 },
]
const cases = [
  { name: 'DyT', method: 'dyt', rate: 0.5 },
  { name: 'other', method: 'dyt', rate: 0.7, epochs: 2 },
]
const plan = planJoint({ datasets, cases, seeds: 2, epochs: 7 })
const message = (input: object): string => {
  try {
    planJoint({ datasets, cases, ...input })
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('planJoint', () => {
  it('runs every case on every dataset: cases win over the comparison, and that over datasets', () => {
    expect(plan.datasets).toEqual(['CIFAR-100', 'SVHN'])
    expect(plan.seeds).toEqual([0, 1])
    expect(plan.cells.map(({ case: each }) => [each.name, each.folder])).toEqual([
      ['DyT on CIFAR-100', 'DyT-on-CIFAR-100'],
      ['other on CIFAR-100', 'other-on-CIFAR-100'],
      ['DyT on SVHN', 'DyT-on-SVHN'],
      ['other on SVHN', 'other-on-SVHN'],
    ])
    expect(
      plan.cells.map(({ case: { input } }) => [input.data, input.method, input.epochs, input.batch]),
    ).toEqual([
      ['a', 'dyt', 7, 8],
      ['a', 'dyt', 2, 8],
      ['b', 'dyt', 7, undefined],
      ['b', 'dyt', 2, undefined],
    ])
    const methods = planJoint({ datasets, methods: ['linear', 'dyt'], rates: [0.3, 0.5] })
    expect(methods.cells.map(({ row }) => row).slice(0, 3)).toEqual(['linear', 'dyt r=0.3', 'dyt r=0.5'])
  })

  it('refuses what makes no sense', () => {
    expect(message({ data: 'c' })).toBe(
      'compare: both datasets and data are given. Each dataset has its own data.',
    )
    expect(message({ datasets: [{ name: 'A' }] })).toBe('compare: datasets.0.data is missing. Give it.')
    expect(message({ datasets: [...datasets, datasets[0]] })).toMatch(
      'two cases are called "DyT on CIFAR-100"',
    )
    expect(message({ epocs: 1 })).toMatch('Unknown setting epocs. Did you mean epochs?')
  })
})

/** Runs of ViT-B/16 that tested so many images of each dataset. */
function outcomeOf(images: Readonly<Record<string, number>>, of: JointPlan = plan): JointOutcome {
  const ends = of.cells.map(
    ({ dataset, case: own }, i): [PlannedRun, Exclude<JobEnd, { kind: 'stopped' }>] => {
      const config = modelConfig('vit_base_patch16_224', dataset === 'SVHN' ? 10 : 100)
      const settings = completeFinetune(own.input, { config, augment: 'none' })
      const run = { case: own, seed: 0, number: i + 1, path: '', log: '', input: own.input, settings, config }
      const summary = exampleRun({
        accuracy: (i + 1) / 10,
        images: images[dataset] ?? 0,
        flops: (i + 1) * 1e9,
      })
      return [
        { ...run, expectedMB: 1 },
        { kind: 'finished', summary },
      ]
    },
  )
  return {
    ...{ run: 'r', finished: true, datasets: of.datasets, seeds: [0], settings: {}, failures: [] },
    ...{ rows: rowsOf(of, new Map(ends)), report: 'compare.html' },
  }
}

describe('the table of cases by datasets', () => {
  const outcome = outcomeOf({ 'CIFAR-100': 10_000, SVHN: 26_032 })

  it('has the paper’s figures below ours where a row and a set are its own', () => {
    expect(jointTable(outcome)).toEqual({
      heads: ['method', 'CIFAR-100', 'SVHN', 'trained', 'FLOPs'],
      lines: [
        ['DyT', '10.00', '30.00', '2.57 k', '2.00 G'],
        ['DyT (paper)', '91.37', '97.08', '–', '–'],
        ['other', '20.00', '40.00', '2.57 k', '3.00 G'],
      ],
    })
    expect(jointMarkdown(outcome)).toContain('| DyT (paper) | 91.37 | 97.08 | – | – |')
    expect(jointCsv(outcome)).toMatch(/\r\nDyT,dyt,"?\{.*\}"?,SVHN,1,0\.3,,0\.9708,/)
  })

  it('has none of a set that has other images', () => {
    const lines = jointTable(outcomeOf({ 'CIFAR-100': 500, SVHN: 26_032 })).lines
    expect(lines[1]).toEqual(['DyT (paper)', '–', '97.08', '–', '–'])
    expect(jointTable(outcomeOf({})).lines).toHaveLength(2)
    expect(jointMarkdown(outcomeOf({}))).toContain('No dataset and settings are those of a row of the paper')
  })

  it('is in the page with a plot for each dataset', () => {
    const page = jointReport(outcome)
    expect(page).toContain('2 cases on CIFAR-100, SVHN')
    for (const name of ['CIFAR-100', 'SVHN']) expect(page).toContain(`Accuracy against compute, ${name}`)
  })

  it('draws lines over rates where all cases belong to one', () => {
    const each = (dispatch: 'mlp' | 'layer', rate: number) => ({
      row: { method: 'dyt', settings: { dispatch, rate } },
    })
    const placed = [each('mlp', 0.1), each('layer', 0.1), each('mlp', 0.3), each('layer', 0.3)]
    expect(seriesByRate(placed)).toEqual([
      [placed[0], placed[2]],
      [placed[1], placed[3]],
    ])
    expect(seriesByRate([...placed, { row: { method: 'linear', settings: {} } }])).toEqual([])
    const variants = (['mlp', 'layer'] as const).flatMap((dispatch) =>
      [0.1, 0.3].map((rate) => ({ name: `${dispatch} dispatch r=${rate}`, dispatch, rate })),
    )
    const page = jointReport(outcomeOf({}, planJoint({ datasets, cases: variants })))
    expect(page).toContain('>mlp dispatch<')
    expect(page).toContain('>layer dispatch<')
  })
})
