import { present } from '@dynamic-tuning/engine'
import { type GemmProbe, gemmProbe } from '../evaluation/gemm-probe.ts'
import { type TimedCase, type Timing, timeInTurn } from '../evaluation/timing.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { benchEnvironment } from '../run/environment.ts'
import { openBaseline } from './baselines.ts'
import { baselineCandidate, type Candidate, methodCandidate } from './candidate.ts'
import { benchResult, gemmResult, noiseImages, speedUp } from './result.ts'
import {
  type BenchPlace,
  type BenchReport,
  type BenchResult,
  type BenchSelection,
  type BenchSettings,
  benchCompile,
  benchConfig,
  benchPlaces,
  type GemmResult,
} from './types.ts'

/** All models measured in turn on one device and image size. */
interface Field {
  readonly place: BenchPlace
  readonly config: ModelConfig
  readonly candidates: readonly Candidate[]
  readonly gemm: GemmProbe | undefined
}

/**
 * Measures throughput of the static model, of methods and of other runtimes with random weights, in
 * turn within one run, beside bare matrix products. Methods with dispatch really skip tokens, and methods
 * that merge into the dense weights are merged.
 */
export async function benchInference(
  settings: BenchSettings,
  selection: BenchSelection = {},
): Promise<BenchReport> {
  const results: BenchResult[] = []
  const gemm: GemmResult[] = []
  for (const place of benchPlaces(settings)) {
    const field = await openField(place, selection)
    for (const batch of settings.batches) {
      selection.onProgress?.(`measuring batch ${batch}, ${field.config.imageSize[1]} px, ${place.device}`)
      const measured = await measure(field, batch, selection)
      results.push(...measured.results)
      if (measured.gemm) gemm.push(measured.gemm)
    }
    await Promise.all([...field.candidates, field.gemm].map((each) => each?.release()))
  }
  return { benchmark: 'inference', environment: benchEnvironment(), results, gemm }
}

async function openField(place: BenchPlace, { only, onProgress }: BenchSelection): Promise<Field> {
  const config = benchConfig(place)
  const candidates: Candidate[] = []
  const wanted = (name: string): boolean => {
    if (only === undefined || name === only) onProgress?.(`preparing ${name}`)
    return only === undefined || name === only
  }
  for (const name of ['static', ...place.methods])
    if (wanted(name)) candidates.push(await methodCandidate(name, config, place))
  for (const name of place.baselines ?? [])
    if (wanted(name))
      candidates.push(baselineCandidate(name, config, await openBaseline(name, config, place)))
  const gemm =
    only === undefined && (await gemmProbe(config, { compile: benchCompile(place), seed: place.seed }))
  return { place, config, candidates, gemm: gemm || undefined }
}

async function measure(
  { place, config, candidates, gemm: probe }: Field,
  batch: number,
  { now }: BenchSelection,
): Promise<{ results: BenchResult[]; gemm: GemmResult | undefined }> {
  const images = noiseImages(config, batch, place.seed)
  const cases: TimedCase[] = candidates.map(({ name, run }) => ({ name, run: () => run(images) }))
  if (probe) cases.push({ name: 'gemm', run: () => probe.run() })
  const times = await timeInTurn(cases, place, now)
  const timingOf = (name: string): Timing => present(times.get(name), `the time of ${name}`)
  const gemm = probe && gemmResult(probe, timingOf('gemm'), { place, config, batch })
  const results = candidates.map((candidate) => {
    const timing = timingOf(candidate.name)
    const { activeRate, ...cost } = candidate.cost()
    const ratioToStatic = speedUp(timing, times.get('static'))
    const { name: method, precision } = candidate
    const measured = { method, precision, activeRate, batch, timing, ratioToStatic, cost, gemm }
    return benchResult(place, config, measured)
  })
  return { results, gemm }
}
