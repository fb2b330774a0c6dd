import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { saveCheckpointFile } from '../../io/checkpoint.ts'
import { openRunFolder } from '../../io/run-folder.ts'
import { drawWeights } from '../../models/backbone.ts'
import type { VitModelConfig } from '../../models/model-config.ts'
import { finetune } from '../../run/finetune.ts'
import { checkFinetune } from '../../run/settings/check-finetune.ts'
import { openRun } from '../../run/tuned-run.ts'
import { noahSearch } from './noah-search.ts'
import { planSearch } from './search-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'noah-search-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)

const config: VitModelConfig = {
  ...{ imageSize: [16, 16], patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2, numClasses: 3 },
  ...{ globalPool: 'token', layerNormEps: 1e-6, qkvBias: true },
}
const model = at('tiny.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(config, 3), config })
const input = {
  ...{ data: 'builtin:orientation', model, trainSize: 42, testSize: 16, batch: 8, epochs: 2, threads: 1 },
  ...{ workers: 0, sizes: [1, 3], limit: 700, population: 6, rounds: 3, learningRate: 0.01, seed: 2 },
}

type Line = Record<string, unknown> & { kind: string }
const lines = (name: string, kind: string): Line[] =>
  (openRunFolder(at(name), { write: false }).readMetrics() as Line[]).filter((line) => line.kind === kind)

describe('noahSearch', () => {
  it('finds a winner that finetune trains; stopped anywhere and resumed, it is the same', async () => {
    const found: number[] = []
    const whole = await noahSearch(input, {
      out: at('whole'),
      onCandidate: (_c, { done }) => found.push(done),
    })
    const candidates = lines('whole', 'candidate')
    expect(whole).toMatchObject({ candidates: candidates.length, images: 8, limit: 700, seed: 2 })
    expect(found).toEqual(candidates.map((_, i) => i + 1))
    for (const { parameters } of candidates) expect(parameters).toBeLessThanOrEqual(700)
    const best = Math.max(...candidates.map(({ accuracy }) => accuracy as number))
    expect(whole).toMatchObject({ validationAccuracy: best })

    const stopped = async (resume: boolean, when: { step?: number; candidate?: number }) => {
      const controller = new AbortController()
      return noahSearch(resume ? {} : input, {
        ...{ out: at('parts'), resume, signal: controller.signal },
        onStep: ({ step }) => step === when.step && controller.abort(),
        onCandidate: (_candidate, { done }) => done === when.candidate && controller.abort(),
      })
    }
    expect(await stopped(false, { step: 3 })).toMatchObject({ finished: false, steps: 3, candidates: 0 })
    expect(existsSync(at('parts', 'adapter.safetensors'))).toBe(false)
    expect(await stopped(true, { candidate: 4 })).toMatchObject({ finished: false, candidates: 4 })
    expect(existsSync(at('parts', 'noah.json'))).toBe(false)
    const resumed = await noahSearch({}, { out: at('parts'), resume: true })
    const { run: _r, settingsFile: _f, ...rest } = whole
    expect(resumed).toMatchObject(rest)
    expect(lines('parts', 'candidate')).toEqual(candidates)
    for (const name of ['adapter.safetensors', 'noah.json'])
      expect(readFileSync(at('parts', name)).equals(readFileSync(at('whole', name)))).toBe(true)

    const settings = checkFinetune(JSON.parse(readFileSync(at('whole', 'noah.json'), 'utf8')))
    expect(settings).toMatchObject({ method: 'noah', epochs: 100, learningRate: 1e-3, trainSize: 42 })
    const { loraDim, adapterDim, visualPromptDim } = whole
    expect(settings).toMatchObject({ loraDim, adapterDim, visualPromptDim })
    const tuned = await finetune({ ...settings, epochs: 2 }, { out: at('tuned') })
    const head = 8 * (16 + 1)
    expect(tuned.settings).toMatchObject({ warmupEpochs: 0.2, minimumLearningRate: 1e-5 })
    expect(tuned.summary.trainableParams).toBe(whole.parameters + head)
    expect(openRun(at('tuned')).settings.superDim).toBeUndefined()
  })

  it('does not go on with other settings, but with other threads', async () => {
    const other = noahSearch({ limit: 800 }, { out: at('whole'), resume: true })
    await expect(other).rejects.toThrow('resume: the search was started with limit 700, got 800. Leave')
    const threads = await noahSearch({ threads: 2 }, { out: at('whole'), resume: true })
    expect(threads.finished).toBe(true)
  })

  it('names a score that is damaged', async () => {
    const text = readFileSync(at('whole', 'metrics.jsonl'), 'utf8')
    writeFileSync(
      at('whole', 'metrics.jsonl'),
      text.replace(/"accuracy":[^,]*(,"loss":[^,]*}\n)/, '"accuracy":null$1'),
    )
    const act = noahSearch({}, { out: at('whole'), resume: true })
    await expect(act).rejects.toThrow(
      /^run: a candidate in metrics.jsonl of .* is damaged, got .* Delete the line\.$/,
    )
    writeFileSync(at('whole', 'metrics.jsonl'), text)
  })

  it('knows its own folders', async () => {
    const act = noahSearch({}, { out: at('tuned'), resume: true })
    await expect(act).rejects.toThrow('does not describe a search. Name the folder of a noah-search run.')
    expect(() => openRun(at('whole'))).toThrow('does not describe a tuned model. this is no run of finetune')
  })

  it('refuses a limit that nothing fits under, before there is a folder', async () => {
    const least = 16 + 4 * 16 + 2 * 16 + 1 + 16
    const act = noahSearch({ ...input, limit: 2 * least - 130 }, { out: at('none') })
    await expect(act).rejects.toThrow(
      new RegExp(`^noah-search: limit is \\d+, but the smallest sub-network has ${least} parameters\\. Make`),
    )
    expect(existsSync(at('none'))).toBe(false)
  })
})

describe('settings of a search', () => {
  it('are those of the paper where nothing is said', () => {
    const { search, supernet } = planSearch({ data: 'd' })
    expect(search).toEqual({
      ...{ limit: 640_000, sizes: [1, 5, 10], population: 50, rounds: 15, best: 10, mutants: 25 },
      ...{ crossovers: 25, moduleChance: 0.2, depthChance: 0.4 },
    })
    expect(supernet).toMatchObject({
      ...{ method: 'noah', split: 'search', superDim: 10, loraDim: [10] },
      ...{ epochs: 500, batch: 64, learningRate: 5e-4, weightDecay: 1e-4 },
    })
    expect(planSearch({ data: 'd', population: 7 }).search).toMatchObject({
      best: 2,
      mutants: 3,
      crossovers: 3,
    })
    const { asked } = planSearch({ data: 'd', rounds: 2 })
    expect(planSearch(JSON.parse(JSON.stringify(asked))).asked).toEqual(asked)
  })

  it.each([
    [{}, 'noah-search: data is missing. Give it.'],
    [{ data: 'd', method: 'lora' }, 'noah-search: method is lora, but only noah is searched for.'],
    [{ data: 'd', dispatch: 'mlp' }, 'noah-search: dispatch is mlp, but the search skips no tokens.'],
    [{ data: 'd', loraDim: [1] }, 'noah-search: loraDim is [1], but the search decides it. Leave it out.'],
    [{ data: 'd', split: 'final' }, 'noah-search: split is "final", but the search decides it.'],
    [{ data: 'd', populaton: 3 }, 'noah-search: Unknown setting populaton. Did you mean population?'],
    [{ data: 'd', sizes: [0] }, 'noah-search: sizes.0 is 0: '],
    [{ data: 'd', limit: -1 }, 'noah-search: limit is -1: '],
    [{ data: 'd', rank: 4 }, 'noah-search: rank is 4, but noah does not read it. Leave it out.'],
    [{ data: 'd', epochs: 0 }, 'noah-search: epochs is 0: '],
    [{ data: 'd', population: 4, mutants: 5 }, 'noah-search: 5 mutants and '],
  ])('%j are refused', (given, text) => {
    const act = () => planSearch(given)
    expect(act).toThrow(ConfigError)
    expect(act).toThrow(text)
  })
})
