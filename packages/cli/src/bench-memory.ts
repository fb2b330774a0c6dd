import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BenchReport, BenchResult, BenchSettings } from 'dynamic-tuning'

/** Peak resident memory in MB of a process that runs one case of a benchmark twice and nothing else. */
export async function memoryAlone(
  kind: BenchReport['benchmark'],
  settings: BenchSettings,
  { method, batch, device, imageSize }: BenchResult,
): Promise<number> {
  const {
    model,
    active,
    budget,
    bottleneck,
    classes,
    threads,
    seed,
    precision,
    frames,
    baselines = [],
  } = settings
  const isBaseline = baselines.includes(method)
  const flags = {
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
  const words = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  )
  const line = [process.argv[1] as string, 'bench', kind, '--json', '--quiet', ...words]
  const { stdout } = await promisify(execFile)(process.execPath, line, { maxBuffer: 2 ** 24 })
  return (JSON.parse(stdout) as BenchReport).results[0]?.peakMemoryMB ?? Number.NaN
}
