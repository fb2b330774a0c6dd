import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BenchReport, BenchResult, BenchSettings } from 'dynamic-tuning/bench'

/** Peak resident memory in MB of a process that runs one case of a benchmark twice and nothing else. */
export async function memoryAlone(
  kind: BenchReport['benchmark'],
  settings: BenchSettings,
  result: BenchResult,
): Promise<number> {
  const words = Object.entries(flagsOf(settings, result)).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  )
  const line = [process.argv[1] ?? '', 'bench', kind, '--json', '--quiet', ...words]
  const { stdout } = await promisify(execFile)(process.execPath, line, { maxBuffer: 2 ** 24 })
  const report: BenchReport = JSON.parse(stdout)
  return report.results[0]?.peakMemoryMB ?? Number.NaN
}

/** Flags with which `dyt bench` runs the case of a result alone. */
function flagsOf(
  settings: BenchSettings,
  { method, batch, device, imageSize }: BenchResult,
): Readonly<Record<string, string | number | undefined>> {
  const { model, active, budget, bottleneck, classes, threads, seed, precision, frames } = settings
  const isBaseline = settings.baselines?.includes(method) === true
  return {
    model,
    method: method === 'static' || isBaseline ? undefined : method,
    baseline: isBaseline ? method : undefined,
    batch,
    active: budget === undefined ? active : undefined,
    budget,
    bottleneck,
    classes,
    threads,
    devices: device,
    precision,
    seed,
    frames,
    'image-size': imageSize[0],
    only: method,
    rounds: 1,
    warmup: 1,
  }
}
