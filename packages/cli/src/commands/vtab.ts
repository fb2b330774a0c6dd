import { basename, extname, join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { ConfigError } from 'dynamic-tuning'
import { vtabKeys } from 'dynamic-tuning/settings'
import { type VtabInput, vtab } from 'dynamic-tuning/study'
import { type Call, defineCommand } from '../command.ts'
import { manyRunsProgress } from '../many-runs-progress.ts'
import { manyRunsStopped } from '../many-runs-stopped.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import {
  firstSeedFlag,
  type ManyRunsOptions,
  manyRunsFlags,
  readCasesAsFlags,
  settingsOfEveryRun,
} from '../options/many-runs.ts'
import { vtabText } from '../show-vtab.ts'

interface Options extends CommonOptions, Omit<VtabInput, keyof CommonOptions>, ManyRunsOptions {
  readonly out?: string
}

/** Options of `finetune` that the tasks decide, or that this command replaces by its own. */
const replaced = ['task', 'data', 'method', 'split', 'trainSize', 'testSize', 'memory']

export const vtabCommand = defineCommand<Options>({
  name: 'vtab',
  group: 'Train',
  summary: 'The 19 tasks of VTAB-1K, with one or several methods, beside the paper’s rows',
  description:
    'Trains on train800val200.txt and tests on test.txt of every task found in --root (cifar, caltech101, dtd, ...), each run a process of its own. The same command goes on where Ctrl-C, a crash or a failed run left it: finished runs are kept. Writes vtab.html, .md, .csv and .json into --out. --search first chooses the adapter scale of each task on val200, after training on train800.\n\nOther rows than methods come from a file for --config, as those in configs/paper:\n\n  epochs: 100\n  bottleneck: 8\n  cases:\n    - { name: AdaptFormer, method: adaptformer }\n    - { name: DyT r=0.5, method: dyt, rate: 0.5 }\n\nThe paper’s figures stand beside a row that has its backbone, method, settings and losses, and a task that has its images.',
  options: [
    new Option('--root <folder>', 'holds a folder with list files for each task'),
    new Option('--tasks <names>', 'these tasks only, separated by commas').argParser(names),
    new Option('--method <names>', 'a method, or several separated by commas (default dyt)').argParser(names),
    new Option('--search [scales]', 'adapter scales to choose from (default 0.01,0.1,1,10)').argParser(
      scales,
    ),
    shared.out('folder of a new run, or of one that goes on (default runs/vtab-METHOD)'),
    ...manyRunsFlags(),
    ...settingsOfEveryRun(replaced),
    firstSeedFlag(),
  ],
  fileKeys: vtabKeys,
  examples: [
    ['dyt vtab --root vtab-1k --model vit.safetensors --method dyt --rate 0.5 --seeds 3', 'the paper’s row'],
    [
      'dyt vtab --root vtab-1k --model vit.safetensors --method lora,ssf,dyt',
      'one table and plot of several',
    ],
    [
      'dyt vtab --root vtab-1k --config configs/vtab-1k/dyt-r0.5.yaml --model vit.safetensors',
      'its settings',
    ],
    ['dyt vtab --root vtab-1k --model vit.safetensors --search', 'with the scale chosen for each task'],
  ],
  stoppable: true,
  run,
})

async function run({ options, terminal, signal }: Call<Options>): Promise<number | undefined> {
  const { out: given, config, json: _json, quiet: _quiet, cases, ...more } = options
  const { jobs, memory: memoryMB, retries, tensorboard, ...rest } = more
  const input = { ...rest, ...(cases !== undefined && { cases: readCasesAsFlags(config ?? '', cases) }) }
  if (input.root === undefined)
    throw new ConfigError('vtab: --root is missing. Name the folder that holds a folder for each task.')
  const out = given ?? join('runs', `vtab-${nameOf(input, config)}`)
  const outcome = await vtab(input, {
    ...{ out, jobs, memoryMB, retries, tensorboard, signal },
    ...manyRunsProgress(terminal, 'vtab', out),
  })
  if (!outcome.finished) return manyRunsStopped(outcome, terminal)
  terminal.result(outcome, () => vtabText(outcome, terminal.paint))
  return outcome.failures.length > 0 ? 1 : undefined
}

/** The method, or what a comparison of several is called. */
function nameOf({ method = 'dyt', cases }: VtabInput, config: string | undefined): string {
  if (cases !== undefined && config !== undefined) return basename(config, extname(config))
  const [first, ...others] = typeof method === 'string' ? [method] : method
  return first === undefined || others.length > 0 ? 'methods' : first
}

function names(text: string): string[] {
  return text.split(',').map((item) => item.trim())
}

function scales(text: string): number[] {
  const values = names(text).map(Number)
  if (values.every((value) => value > 0 && Number.isFinite(value))) return values
  throw new InvalidArgumentError('Give scales above 0 such as 0.1,1, separated by commas.')
}
