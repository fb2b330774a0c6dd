import { type DownloadProgress, fetchModel } from 'dynamic-tuning/io'
import { formatMemory } from 'dynamic-tuning/report'
import type { Terminal } from './terminal/terminal.ts'

/** Options whose value may name a model on the hub. */
const modelOptions = ['model', 'init'] as const

/** Downloads the hub models that options name, so that the command finds them in the cache. */
export async function fetchModels(
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<void> {
  for (const option of modelOptions) {
    const name = options[option]
    if (typeof name === 'string') await fetchModel(name, { onProgress: downloadProgress(terminal) })
  }
}

/** Shows each downloading file in the live line. */
export function downloadProgress({ progress }: Terminal): (state: DownloadProgress) => void {
  return ({ model, file, done, total }) =>
    progress.update({ label: `${model} ${file}, ${formatMemory(total / 2 ** 20)}`, done, total })
}
