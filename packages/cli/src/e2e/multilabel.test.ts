import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRun } from 'dynamic-tuning'
import { decode, drawImage, openDataset, toInput } from 'dynamic-tuning/data'
import { encodePng } from 'dynamic-tuning/report'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { adapterBytes, dyt, folderWithBackbone, start, steadyMetrics } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

interface Finding {
  readonly class: string
  readonly probability: number
}
interface Evaluated {
  readonly task: string
  readonly metric: string
  readonly meanAveragePrecision: number
  readonly macroF1: number
  readonly microF1: number
  readonly loss: number
  readonly flops: number
  readonly staticFlops: number
  readonly images: number
  readonly perClass: readonly { class: string; images: number; averagePrecision: number; f1: number }[]
}
interface Shown {
  readonly file: string
  readonly labels: readonly string[]
  readonly predicted: readonly string[]
  readonly found: readonly string[]
  readonly missed: readonly string[]
  readonly wrong: readonly string[]
}

const [trained, tested] = [128, 48]

/** Runs the command line in this process or one of its own; fails where it does. Returns what it prints. */
async function done(args: readonly string[], run: typeof dyt = dytHere): Promise<string> {
  const { code, stdout, stderr } = await run(folder, ...args, '--quiet')
  expect([args.join(' '), stderr, code]).toEqual([args.join(' '), '', 0])
  return stdout
}
const json = async <T>(...args: readonly string[]): Promise<T> => JSON.parse(await done([...args, '--json']))

const tiny = ['--model', 'tiny.safetensors', '--threads', '1', '--workers', '0', '--batch', '16']
const drawn = ['--data', 'builtin:gathering', '--train-size', `${trained}`, '--test-size', `${tested}`]
const photos = ['--data', 'photos']
const learning = ['--learning-rate', '0.01', '--epochs', '8']
const methods = { dyt: ['--bottleneck', '8'], lora: [], linear: [] }

/** `photos/`: pictures of the built-in task as files, their labels in `labels.csv`. */
beforeAll(async () => {
  const sets = await openDataset('builtin:gathering', { trainSize: trained, testSize: tested })
  mkdirSync(join(folder, 'photos'))
  const lines = ['image,labels,split']
  for (const part of ['train', 'test'] as const)
    for (const [i, { source, truth }] of sets[part].entries()) {
      if (source.kind !== 'drawn' || !Array.isArray(truth)) throw new Error('no drawing of several labels')
      const name = `${part}-${String(i).padStart(3, '0')}.png`
      writeFileSync(
        join(folder, 'photos', name),
        await encodePng(drawImage(source.task, source.seed, source.index)),
      )
      lines.push(`${name},${truth.map((label) => sets.classes[Number(label)]).join(';')},${part}`)
    }
  writeFileSync(join(folder, 'photos', 'labels.csv'), `${lines.join('\n')}\n`)
  writeFileSync(join(folder, 'photos', 'classes.txt'), `${sets.classes.join('\n')}\n`)
})

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** What runs of each method say of themselves, and of a head that learns nothing. */
let summaries: Readonly<Record<string, Evaluated>> = {}

const figures = ['meanAveragePrecision', 'macroF1', 'microF1', 'loss', 'flops'] as const

describe('a folder with labels.csv', () => {
  beforeAll(async () => {
    const tune = async (name: string, ...how: readonly string[]) => {
      const args = ['finetune', ...photos, ...tiny, ...how, '--out', `runs/${name}`, '--json']
      return [name, JSON.parse(await done(args, dyt)) as Evaluated] as const
    }
    const runs = Object.entries(methods).map(([name, own]) =>
      tune(name, '--method', name, ...own, ...learning),
    )
    const still = tune('still', '--method', 'linear', '--epochs', '1', '--learning-rate', '1e-30')
    summaries = Object.fromEntries(await Promise.all([...runs, still]))
  })

  it.each(Object.keys(methods))('is learned with %s, and eval finds the same figures', async (method) => {
    const { [method]: tuned } = summaries
    expect(tuned).toMatchObject({ task: 'multilabel', metric: 'meanAveragePrecision', images: tested })
    const again = await json<Evaluated>('eval', `runs/${method}`, '--threads', '1')
    for (const name of figures) expect(again[name], name).toEqual(tuned?.[name])
    const { perClass } = again
    expect(perClass).toHaveLength(8)
    expect(mean(perClass.map((each) => each.averagePrecision))).toBeCloseTo(again.meanAveragePrecision, 12)
    expect(mean(perClass.map(({ f1 }) => f1))).toBeCloseTo(again.macroF1, 12)
    expect(again.loss).toBeLessThan(summaries.still?.loss ?? 0)
  })

  it('is told apart far better than by chance', () => {
    const { still, lora } = summaries
    expect(still?.meanAveragePrecision).toBeLessThan(0.4)
    expect(lora?.meanAveragePrecision).toBeGreaterThan(0.1 + (still?.meanAveragePrecision ?? 1))
  })
})

interface Answered {
  readonly results: readonly { readonly predictions: readonly Finding[] }[]
}

describe('a run of several labels', () => {
  const picture = 'photos/test-000.png'

  it('answers with every label above the threshold, as JSON and in words', async () => {
    const ask = ['predict', 'runs/lora', 'photos/test-*.png'] as const
    const { results } = await json<Answered>(...ask)
    const text = await done(ask)
    expect(results).toHaveLength(tested)
    for (const { predictions } of results) {
      const shares = predictions.map(({ probability }) => probability)
      expect(shares.every((share) => share >= 0.5)).toBe(true)
      expect(shares).toEqual([...shares].sort((a, b) => b - a))
    }
    const counts = new Set(results.map(({ predictions }) => predictions.length))
    expect(counts.has(0) && counts.has(1)).toBe(true)
    const lines = text.trim().split('\n')
    for (const [i, { predictions }] of results.entries()) {
      const said = predictions.map((each) => `${each.class} ${(100 * each.probability).toFixed(1)} %`)
      expect(lines[i]?.split(/ {3,}/)[1]).toBe(said.join(', ') || 'no label')
    }
  })

  it('is answered and judged at another threshold', async () => {
    const all = ['runs/lora', '--label-threshold', '0', '--threads', '1']
    const { results } = await json<Answered>('predict', ...all, picture)
    const at = await json<Evaluated>('eval', ...all)
    expect(results[0]?.predictions).toHaveLength(8)
    // All labels are named: each class has the precision of its share, and recall 1.
    const f1 = at.perClass.map(({ images }) => (2 * images) / (images + tested))
    expect(at.macroF1).toBeCloseTo(mean(f1), 12)
    expect(at.meanAveragePrecision).toBe(summaries.lora?.meanAveragePrecision)
  })

  it('is exported with its task, and ONNX Runtime gives the same answers', async () => {
    await done(['export', 'runs/lora', '--out', 'lora.onnx'])
    const bytes = readFileSync(join(folder, 'lora.onnx'))
    for (const word of ['multilabel', 'label_threshold', '"cactus"']) expect(bytes.includes(word)).toBe(true)
    const run = openRun(join(folder, 'runs/lora'))
    const pixels = await decode(readFileSync(join(folder, picture)), picture)
    const image = new Tensor('float32', toInput(pixels, run.transform), [1, 3, 32, 32])
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 })
    const { logits } = await session.run({ pixel_values: image })
    await session.release()
    const data = logits?.data instanceof Float32Array ? logits.data : []
    const probabilities = Array.from(data, (logit) => 1 / (1 + Math.exp(-logit)))
    const { results } = await json<Answered>('predict', 'runs/lora', picture)
    const wanted = run.classes.filter((_, i) => (probabilities[i] ?? 0) >= 0.5)
    const predictions = results[0]?.predictions ?? []
    expect(predictions.map((each) => each.class).sort()).toEqual([...wanted].sort())
    for (const { class: name, probability } of predictions)
      expect(probability).toBeCloseTo(probabilities[run.classes.indexOf(name)] ?? -1, 5)
  })

  it('is explained with right, missed and wrong labels, and shown so in its report', async () => {
    const ask = ['explain', 'runs/dyt', '--out'] as const
    const { pictures } = await json<{ pictures: readonly Shown[] }>(...ask, 'seen')
    const text = await done([...ask, 'said'])
    expect(readdirSync(join(folder, 'seen'))).toHaveLength(pictures.length)
    for (const { labels, predicted, found, missed, wrong } of pictures) {
      expect([...found, ...missed].sort()).toEqual([...labels].sort())
      expect([...found, ...wrong].sort()).toEqual([...predicted].sort())
    }
    for (const { file, labels } of pictures) {
      expect(file).toContain(labels.join('-'))
      expect(text).toMatch(new RegExp(`${file.replace('seen', 'said')} .*(right|missed|wrong)`))
    }
    const report = readFileSync(join(folder, 'runs/dyt/report.html'), 'utf8')
    for (const words of ['mAP', 'missed ', 'binary cross-entropy']) expect(report).toContain(words)
  })

  it('is calibrated by its mean average precision', async () => {
    const { points } = await json<{ points: readonly { meanAveragePrecision: number }[] }>(
      ...['calibrate', 'runs/dyt', '--threads', '1'],
    )
    for (const { meanAveragePrecision } of points) expect(meanAveragePrecision).toBeGreaterThan(0)
    const share = 0.95
    const evaluated = await json<Evaluated>('eval', 'runs/dyt', '--budget', `${share}`, '--threads', '1')
    expect(evaluated.flops / evaluated.staticFlops).toBeLessThanOrEqual(share)
    expect(existsSync(join(folder, 'runs/dyt/calibrate.html'))).toBe(true)
  })
})

describe('builtin:gathering', () => {
  it('is compared by method, mAP in front', async () => {
    const how = ['--epochs', '1', '--methods', 'linear,dyt', '--jobs', '1', '--out', 'cmp']
    const { cases } = await json<{ cases: readonly { case: string; meanAveragePrecision: number }[] }>(
      ...['compare', ...drawn, ...tiny, ...how],
    )
    expect(cases.map((each) => each.case)).toEqual(['linear', expect.stringMatching(/^dyt/)])
    for (const { meanAveragePrecision } of cases) expect(meanAveragePrecision).toBeGreaterThan(0)
    const [head] = readFileSync(join(folder, 'cmp/compare.csv'), 'utf8').split('\n')
    expect(head).toContain(',meanAveragePrecision,')
    expect(readFileSync(join(folder, 'cmp/compare.html'), 'utf8')).toContain('mAP')
  })

  it('is searched and swept by mAP', async () => {
    const found = await json<Record<string, unknown>>(
      ...['noah-search', ...drawn, ...tiny, '--limit', '2e3', '--population', '4', '--rounds', '1'],
      ...['--epochs', '1', '--out', 'noah'],
    )
    expect(found).toMatchObject({ task: 'multilabel', validationMeanAveragePrecision: expect.any(Number) })
    writeFileSync(join(folder, 'grid.yaml'), 'method: linear\ngrid:\n  learningRate: [0.001]\n')
    const sweep = ['sweep', 'grid.yaml', ...drawn, ...tiny, '--epochs', '1', '--jobs', '1', '--out', 'swept']
    const refused = await dytHere(folder, ...sweep, '--metric', 'accuracy', '--quiet')
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch('sweep: metric is accuracy. Choose one of meanAveragePrecision, macroF1, ')
    const { metric } = await json<{ metric: string }>(...sweep)
    expect(metric).toBe('meanAveragePrecision')
  })

  it('goes on after Ctrl-C, and ends with the bits of a run that never stopped', async () => {
    const tune = ['finetune', ...drawn, ...tiny, '--method', 'dyt', '--bottleneck', '4', '--epochs', '10']
    const unstopped = done([...tune, '--out', 'whole'], dyt)
    const first = start(folder, ...tune, '--out', 'parts')
    await first.said(/epoch +2\/10/)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    await done(['finetune', '--resume', '--out', 'parts'], dyt)
    await unstopped
    const [parts, whole] = ['parts', 'whole'].map((name) => adapterBytes(join(folder, name)))
    expect(parts && whole && Buffer.compare(parts, whole)).toBe(0)
    const lines = (run: string) =>
      steadyMetrics(join(folder, run)).map((line) => new Map(Object.entries(line)))
    expect(lines('parts')).toEqual(lines('whole'))
  })
})

describe('bad input ends with one line that names file and line', () => {
  const write = (place: string, text: string): void => {
    mkdirSync(join(folder, place, '..'), { recursive: true })
    writeFileSync(join(folder, place), text)
    for (const name of ['a.png', 'b.png']) writeFileSync(join(folder, place, '..', name), 'x')
  }
  const several = ':3: an image has several labels, expected one class each.'
  it.each([
    ['one/labels.csv', 'image,labels\na.png,x\nb.png,x;y\n', several, ['--task', 'classification']],
    ['none/labels.csv', 'image,labels\na.png,x;y\nb.png,\n', ':3: image b.png has no label', []],
    ['list/train800val200.txt', 'a.png 0 1\nb.png x\n', ':2: label "x" is not a number', []],
  ])('%s', async (place, text, message, more) => {
    write(place, text)
    const [data = ''] = place.split('/')
    const ended = await dytHere(
      folder,
      'finetune',
      '--data',
      data,
      ...tiny,
      ...more,
      '--out',
      'out',
      '--quiet',
    )
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(`${place}${message}`)
    expect(ended.stderr).toMatch(/^dyt: .*\n$/)
    expect(existsSync(join(folder, 'out'))).toBe(false)
  })

  it('a label that classes.txt lacks', async () => {
    write('names/labels.csv', 'image,labels\na.png,x;y\nb.png,x;z\n')
    writeFileSync(join(folder, 'names/classes.txt'), 'x\ny\n')
    const ended = await dytHere(folder, 'finetune', '--data', 'names', ...tiny, '--out', 'out', '--quiet')
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain('labels.csv:3: there is no class z. Expected one of x, y.')
  })

  it('a run whose task is not known', async () => {
    const config = JSON.parse(readFileSync(join(folder, 'runs/lora/config.json'), 'utf8'))
    mkdirSync(join(folder, 'strange'))
    const settings = { ...config.settings, task: 'telepathy' }
    writeFileSync(join(folder, 'strange/config.json'), JSON.stringify({ ...config, settings }))
    const ended = await dytHere(folder, 'eval', 'strange', '--json')
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(
      /^dyt: run: config\.json of strange names the task telepathy, expected one of classification, multilabel(, [a-z]+)*\. .*\n$/,
    )
  })

  it('a threshold that is no probability, or of a task of one label', async () => {
    const tune = (...more: readonly string[]) => dytHere(folder, 'finetune', ...tiny, ...more, '--quiet')
    const high = await tune(...drawn, '--label-threshold', '1.5')
    expect(high).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^dyt: .*1\.5.*\n$/) })
    const other = await tune('--data', 'builtin:nature', '--label-threshold', '0.4')
    expect(other).toMatchObject({ code: 2, stdout: '' })
    expect(other.stderr).toContain('labelThreshold is 0.4, but classification does not read it')
  })
})
