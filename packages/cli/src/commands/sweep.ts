import { basename, extname, join } from 'node:path'
import { Option } from 'commander'
import { ConfigError, type SweepInput, sweep } from 'dynamic-tuning'
import { sweepKeys, sweepMetrics } from 'dynamic-tuning/settings'
import { type Call, defineCommand } from '../command.ts'
import { manyRunsProgress } from '../many-runs-progress.ts'
import { manyRunsStopped } from '../many-runs-stopped.ts'
import { type CommonOptions, commonOptions, shared } from '../options/common.ts'
import {
  firstSeedFlag,
  type ManyRunsOptions,
  manyRunsFlags,
  readAsFlags,
  readCasesAsFlags,
  settingsOfEveryRun,
} from '../options/many-runs.ts'
import { readSettings } from '../options/settings-file.ts'
import { sweepText } from '../show-sweep.ts'

interface Options extends CommonOptions, ManyRunsOptions {
  readonly out?: string
}

/** Options of `finetune` that a sweep replaces by its own. */
const replaced = ['memory']

export const sweepCommand = defineCommand<Options>({
  name: 'sweep',
  group: 'Train',
  summary: 'Every combination of some settings: one table, the best first',
  description:
    'The file names settings as dyt finetune has them, and the values to try:\n\n  data: photos\n  epochs: 10\n  grid:\n    method: [dyt]\n    rate: [0.3, 0.5, 0.7]\n    learningRate: [0.001, 0.003]\n  include:\n    - { method: linear }\n\nEach run is a process of its own. The same command goes on where Ctrl-C, a crash or a failed run left it: finished runs are kept. Writes sweep.html, .md, .csv and .json into --out, beside a run folder for each case and seed.',
  arguments: [['[grid]', 'YAML or JSON file with settings and values to try']],
  options: [
    shared.out('folder of a new sweep, or of one that goes on (default runs/GRID-sweep)'),
    new Option(
      '--metric <name>',
      "what the table is ordered by (default the first of the task's measures):",
    ).choices([...sweepMetrics]),
    ...manyRunsFlags(),
    ...settingsOfEveryRun(replaced),
    firstSeedFlag(),
  ],
  fileKeys: sweepKeys,
  examples: [
    ['dyt sweep grid.yaml', 'all combinations, one seed'],
    ['dyt sweep grid.yaml --seeds 3 --jobs 4 --memory 12GB', 'four at a time, while they fit'],
    ['dyt sweep grid.yaml --epochs 1 --train-size 100 --out runs/try', 'flags win over the file'],
  ],
  stoppable: true,
  run,
})

async function run({ args, options, terminal, signal }: Call<Options>): Promise<number | undefined> {
  const { json: _json, quiet: _quiet, config, ...flags } = options
  const path = args[0] ?? config
  if (path === undefined)
    throw new ConfigError(
      'sweep: no grid is given. Name a YAML file with settings and lists of values in grid.',
    )
  const all: Omit<Options, 'config'> = { ...(args[0] !== undefined && fromFile(args[0])), ...flags }
  const { out: given, jobs, memory: memoryMB, retries, tensorboard, ...input } = all
  const out = given ?? join('runs', `${basename(path, extname(path))}-sweep`)
  const outcome = await sweep(valuesAsFlags(path, input), {
    ...{ out, jobs, memoryMB, retries, tensorboard, signal },
    ...manyRunsProgress(terminal, 'sweep', out),
  })
  if (!outcome.finished) return manyRunsStopped(outcome, terminal)
  terminal.result(outcome, () => sweepText(outcome, terminal.paint))
  return outcome.failures.length > 0 ? 1 : undefined
}

function fromFile(path: string): Record<string, unknown> {
  return readSettings(path, [...sweepCommand.options, ...commonOptions()], sweepKeys)
}

/** Parses values of the grid like those of flags. Other types are left to the library's checks. */
function valuesAsFlags(path: string, input: SweepInput): SweepInput {
  const { grid, include, exclude } = input
  const values = (key: string, list: readonly unknown[]): readonly unknown[] =>
    Array.isArray(list) ? list.map((value) => readAsFlags(path, { [key]: value })[key]) : list
  const axes =
    typeof grid === 'object' &&
    grid !== null &&
    Object.fromEntries(Object.entries(grid).map(([key, list]) => [key, values(key, list)]))
  return {
    ...input,
    ...(axes && { grid: axes }),
    ...(include !== undefined && { include: readCasesAsFlags(path, include) }),
    ...(exclude !== undefined && { exclude: readCasesAsFlags(path, exclude) }),
  }
}
