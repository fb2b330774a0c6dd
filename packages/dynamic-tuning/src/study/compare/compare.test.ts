import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError, RunError } from '../../errors.ts'
import { saveCheckpointFile } from '../../io/checkpoint.ts'
import { drawWeights } from '../../models/backbone.ts'
import type { WithoutSignal } from '../../run/run-control.ts'
import { tinyVit } from '../../run/tiny-run.test.support.ts'
import type { ManyRunsControl } from '../pool/control.ts'
import { compare } from './compare.ts'
import type { CompareOutcome } from './outcome.ts'

const folder = mkdtempSync(join(tmpdir(), 'compare-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)
const model = at('tiny.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(tinyVit, 1), config: tinyVit })

const common = {
  data: 'builtin:nature',
  model,
  trainSize: 32,
  testSize: 24,
  batch: 16,
  epochs: 2,
  workers: 0,
  threads: 1,
  bottleneck: 4,
}
const two = { ...common, methods: ['linear', 'dyt'], rates: [0.5] }

async function finished(
  input: object,
  out: string,
  more: Partial<WithoutSignal<ManyRunsControl>> = {},
): Promise<CompareOutcome> {
  return compare(input, { out, jobs: 1, ...more })
}

/** What no two comparisons share left out: times, memory and places. */
function steady({ cases, seeds }: CompareOutcome): object {
  const rest = cases.map(({ seconds: _s, peakMemoryMB: _p, imagesPerSecond: _i, runs, ...row }) => ({
    ...row,
    runs: runs.map(({ seconds: _s, loaderWaitShare: _w, peakMemoryMB: _p, run: _r, ...run }) => run),
  }))
  return { seeds, cases: rest }
}

/** Every run is a process: on a machine that does other work four of them take their time. */
const timeout = 400_000

describe('compare', { timeout }, () => {
  it('stopped after its first case, goes on to what an uninterrupted one finds', async () => {
    const whole = await finished(two, at('whole'))
    expect(whole.cases.map((row) => row.case)).toEqual(['linear', 'dyt r=0.5'])
    expect(whole.seeds).toEqual([0])
    const controller = new AbortController()
    const stopped = await compare(two, {
      out: at('parts'),
      jobs: 1,
      signal: controller.signal,
      onCase: () => controller.abort(),
    })
    expect(stopped).toEqual({ run: at('parts'), finished: false, finishedRuns: 1, totalRuns: 2 })
    const begun: number[] = []
    const rest = await finished(two, at('parts'), {
      onStart: ({ runs, finished: kept }) => begun.push(runs, kept),
      onRun: (run) => begun.push(run.number),
    })
    expect(begun).toEqual([2, 1, 2])
    expect(steady(rest)).toEqual(steady(whole))
    const saved = JSON.parse(readFileSync(at('parts', 'compare.json'), 'utf8'))
    expect(saved).toEqual(JSON.parse(JSON.stringify(rest)))
    const phases: string[] = []
    const again = await finished(two, at('parts'), { onPhase: (phase) => phases.push(phase) })
    expect(phases).toEqual(['opening data and backbone'])
    expect(again).toEqual(rest)
  })

  it('goes on past a run that fails, and runs several at a time', async () => {
    const cases = [
      { name: 'diverges', method: 'linear', learningRate: 1e38, warmupEpochs: 0 },
      { name: 'works', method: 'linear' },
    ]
    const outcome = await finished({ ...common, cases }, at('failing'), { jobs: 2 })
    expect(outcome.cases.map((row) => row.case)).toEqual(['works'])
    expect(outcome.failures).toEqual([
      {
        case: 'diverges',
        seed: 0,
        error: expect.stringMatching(/^train: the loss is (NaN|Infinity) at step \d+\. /),
        log: at('failing', 'cases', 'diverges', 'seed0.log'),
      },
    ])
    expect(readFileSync(at('failing', 'compare.md'), 'utf8')).toMatch(
      /\n## Failed\n\n- diverges, seed 0: train: /,
    )
    expect(readFileSync(at('failing', 'compare.html'), 'utf8')).toContain('<li>Failed: diverges, seed 0: ')
  })

  it('shows everything on one page', () => {
    const page = readFileSync(at('whole', 'compare.html'), 'utf8')
    for (const text of [
      '2 cases compared on builtin:nature',
      'Accuracy against compute',
      'Accuracy against measured speed',
      'Accuracy on held-out images',
      '<th scope="row">case dyt r=0.5</th><td>method dyt, rate 0.5</td>',
      '2 of 2',
    ])
      expect(page).toContain(text)
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN|undefined/)
  })

  it('takes further cases, and times all models anew', async () => {
    const phases: string[] = []
    const three = { ...two, methods: ['adaptformer', 'linear', 'dyt'] }
    const grown = await finished(three, at('whole'), {
      onPhase: (phase) => phases.push(phase),
      onStart: ({ finished: kept }) => expect(kept).toBe(2),
    })
    expect(phases).toEqual(['opening data and backbone', 'timing 3 models in turn'])
    expect(grown.cases.map((row) => row.case)).toEqual(['adaptformer', 'linear', 'dyt r=0.5'])
    for (const row of grown.cases) expect(row.imagesPerSecond).toBeGreaterThan(0)
    await expect(finished(two, at('whole'))).rejects.toThrow(
      `compare: ${at('whole')} holds runs of other cases, adaptformer.`,
    )
    const other = compare({ ...three, epochs: 9 }, { out: at('whole') })
    await expect(other).rejects.toThrow(/adaptformer.seed0 was run with epochs 2, now it is 9\. /)
    await expect(other).rejects.toBeInstanceOf(ConfigError)
  })

  it('starts nothing where something is wrong', async () => {
    const refused = async (input: object, control: object = {}): Promise<string> => {
      const onStart = () => expect.unreachable()
      return compare({ ...two, ...input }, { out: at('none'), onStart, ...control }).then(
        () => 'nothing was thrown',
        (error: Error) => error.message,
      )
    }
    expect(await refused({ data: at('nowhere') })).toMatch(`dataset: there is no ${at('nowhere')}.`)
    expect(await refused({}, { jobs: 0 })).toBe('compare: jobs is 0. Give a whole number of at least 1.')
    mkdirSync(at('used'))
    writeFileSync(at('used', 'notes.txt'), '')
    expect(await refused({}, { out: at('used') })).toMatch(/used is not empty, it holds notes\.txt\. /)
    const run = at('whole', 'cases', 'linear', 'seed0')
    const failure = compare(two, { out: run })
    await expect(failure).rejects.toThrow(`compare: ${run} holds a run of finetune. Choose another folder.`)
    await expect(failure).rejects.toBeInstanceOf(RunError)
  })
})
