import { sampleWord } from '../data/samples/word.ts'
import { barChart, scatterChart } from '../report/plot.ts'
import { formatMemory, formatPercent } from '../report/quantity.ts'
import type { BenchReport, BenchResult, GemmResult } from './types.ts'

/** Results measured in turn with one another. */
export interface BenchGroup {
  /** `batch 8, 224 x 224 px, cpu`. */
  readonly name: string
  readonly gemm: GemmResult | undefined
  readonly results: readonly BenchResult[]
}

/** The results by device, image size and batch, in the order in which they were measured. */
export function benchGroups({ results, gemm }: BenchReport): BenchGroup[] {
  const groups = new Map<string, BenchResult[]>()
  for (const result of results)
    groups.set(placeName(result), [...(groups.get(placeName(result)) ?? []), result])
  return [...groups].map(([name, own]) => ({
    name,
    gemm: gemm.find((each) => placeName(each) === name),
    results: own,
  }))
}

function placeName({
  batch,
  imageSize,
  device,
}: Pick<BenchResult, 'batch' | 'imageSize' | 'device'>): string {
  return `batch ${batch}, ${imageSize.join(' x ')} px, ${device}`
}

/** A column of the table: its heading and its text for a result, '' if there is none. */
export interface BenchColumn {
  readonly name: string
  readonly text: (result: BenchResult) => string
  /** Columns with larger numbers are dropped first when room is short; 0 is never dropped. */
  readonly dispensable: number
}

const ms = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0))

/** The columns of a report, without those that are empty in every row. */
export function benchColumns({ benchmark, results }: BenchReport): BenchColumn[] {
  const ratio = benchmark === 'inference' ? 'times as fast' : 'forward passes'
  const sample = sampleWord(results[0] ?? {})
  const reduced = results.some(({ precision }) => precision !== 'fp32')
  const all: BenchColumn[] = [
    { name: 'case', text: ({ method }) => method, dispensable: 0 },
    { name: 'precision', text: ({ precision }) => (reduced ? precision : ''), dispensable: 4 },
    {
      name: 'active',
      text: ({ activeRate }) => (activeRate === null ? '' : formatPercent(activeRate)),
      dispensable: 4,
    },
    { name: 'median', text: ({ medianMs }) => `${ms(medianMs)} ms`, dispensable: 0 },
    { name: 'p10 to p90', text: ({ p10Ms, p90Ms }) => `${ms(p10Ms)} to ${ms(p90Ms)}`, dispensable: 6 },
    {
      name: `${sample}s/s`,
      text: ({ imagesPerSecond }) => imagesPerSecond.toFixed(2),
      dispensable: 2,
    },
    {
      name: 'memory',
      text: ({ peakMemoryMB }) => (peakMemoryMB === null ? '' : formatMemory(peakMemoryMB)),
      dispensable: 3,
    },
    { name: 'GFLOP/s', text: ({ gflopsPerSecond }) => gflopsPerSecond?.toFixed(1) ?? '', dispensable: 5 },
    {
      name: 'of GEMM',
      text: ({ gemmShare }) => (gemmShare === null ? '' : formatPercent(gemmShare, 0)),
      dispensable: 1,
    },
    { name: ratio, text: ({ ratioToStatic }) => ratioToStatic.toFixed(3), dispensable: 0 },
    {
      name: 'by FLOPs',
      text: ({ flopsRatioToStatic }) => flopsRatioToStatic?.toFixed(3) ?? '',
      dispensable: 0,
    },
    { name: 'kept', text: ({ promiseKept }) => promiseKept?.toFixed(3) ?? '', dispensable: 2 },
  ]
  return all.filter(({ text }) => results.some((result) => text(result) !== ''))
}

/** One line naming the benchmark and the machine. */
export function benchTitle({ benchmark, environment, results }: BenchReport): string {
  const { cpu, cores, node, platform } = environment
  const [{ model = '', threads = 0 } = {}] = results
  return `${model}, ${benchmark}: ${threads || 'all'} threads; ${cpu}, ${cores} cores, ${platform}, Node ${node}`
}

/** What the ratios and shares mean. */
export function benchLegend({ benchmark }: BenchReport): string {
  return benchmark === 'inference'
    ? 'times as fast: than static, medians in turn. by FLOPs: what multiply-accumulates promise. kept: one over the other. of GEMM: share of the speed of matrix products alone.'
    : 'forward passes: a step lasts as long as so many of the static model, medians in turn.'
}

/** Speed of bare matrix products; '' if not measured. */
export function gemmText({ gemm }: BenchGroup): string {
  if (gemm === undefined) return ''
  const [rows, features, hidden] = gemm.shape
  const shape = `[${rows}, ${features}] x [${features}, ${hidden}] and back`
  return `matrix products alone, ${shape}: ${gemm.gflopsPerSecond.toFixed(1)} GFLOP/s`
}

/** The report as Markdown: a table for each device, image size and batch. */
export function benchMarkdown(report: BenchReport): string {
  const columns = benchColumns(report)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = [line(columns.map(({ name }) => name)), line(columns.map(() => '---'))]
  const sections = benchGroups(report).map((group) => {
    const rows = group.results.map((result) => line(columns.map(({ text }) => text(result))))
    const note = gemmText(group)
    return [`## ${group.name}`, ...(note ? [note] : []), [...head, ...rows].join('\n')].join('\n\n')
  })
  return `${[`# ${benchTitle(report)}`, ...sections, benchLegend(report)].join('\n\n')}\n`
}

/** The report as an SVG: measured against FLOPs-based speed-up, or for training the duration of a step. */
export function benchPlot(report: BenchReport): string {
  const groups = benchGroups(report)
  const named = groups.flatMap(({ name, results }) =>
    results.map((result) => ({
      ...result,
      name: groups.length > 1 ? `${result.method}, ${name}` : result.method,
    })),
  )
  const [{ model = '' } = {}] = report.results
  if (report.benchmark === 'training')
    return barChart({
      title: `${model}: a training step in forward passes`,
      xLabel: groups.length > 1 ? 'case' : `case, ${groups[0]?.name ?? ''}`,
      yLabel: 'static forward passes',
      bars: named.map(({ name, ratioToStatic }) => ({ name, value: ratioToStatic })),
      format: (value) => value.toFixed(1),
    })
  return scatterChart({
    title: `${model}: speed against FLOPs`,
    xLabel: 'times fewer multiply-accumulates than the static model',
    yLabel: 'times as fast as the static model',
    // The static model is at (1, 1) for every group: draw it once.
    points: named
      .filter((each, i) => i === 0 || each.method !== 'static')
      .map(({ name, ratioToStatic, flopsRatioToStatic }) => ({
        name,
        x: flopsRatioToStatic ?? Number.NaN,
        y: ratioToStatic,
      })),
  })
}
