import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { type CompareInput, ConfigError, compare } from 'dynamic-tuning'
import { defaultMethods, jointKeys } from 'dynamic-tuning/settings'
import { compareJointly, type JointInput } from 'dynamic-tuning/study'
import { type Call, defineCommand } from '../command.ts'
import { manyRunsProgress } from '../many-runs-progress.ts'
import { manyRunsStopped } from '../many-runs-stopped.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { datasetsAsked } from '../options/datasets.ts'
import { finetuneFlag } from '../options/finetune-flags.ts'
import {
  firstSeedFlag,
  type ManyRunsOptions,
  manyRunsFlags,
  readCasesAsFlags,
  settingsOfEveryRun,
} from '../options/many-runs.ts'
import { number } from '../options/numbers.ts'
import { dataName } from '../run-name.ts'
import { comparisonText } from '../show-comparison.ts'
import { jointText } from '../show-joint.ts'

interface Options extends CommonOptions, Omit<CompareInput, keyof CommonOptions>, ManyRunsOptions {
  readonly out?: string
  readonly datasets?: JointInput['datasets']
}

/** Options of `finetune` that a comparison replaces by its own. */
const replaced = ['data', 'method', 'rate', 'memory']

export const compareCommand = defineCommand<Options>({
  name: 'compare',
  group: 'Train',
  summary: 'Several methods, rates and seeds on one dataset: one table, one page',
  description:
    'Every case runs with the same seeds, each run in a process of its own.\nThe same command goes on where Ctrl-C, a crash or a failed run left it: finished runs are kept. Writes compare.html, .md, .csv and .json into --out, beside a run folder for each case and seed.\n\nOther cases than methods and rates come from a file for --config:\n\n  data: photos\n  epochs: 10\n  seeds: 3\n  cases:\n    - { name: DyT, method: dyt, rate: 0.5 }\n    - { name: attention dispatch, method: dyt, dispatch: attention }\n    - { name: no distillation, method: dyt, distillation: false }\n\nA case may have any setting of finetune but data, seed, threads and workers. A file with datasets, each with a name and data, compares on all of them; --data CIFAR-100=PLACE,SVHN=PLACE then says which to take and where they lie. configs/paper has such files for the tables of the paper.',
  options: [
    finetuneFlag('data'),
    new Option(
      '--methods <names>',
      `methods, see dyt methods (default ${defaultMethods.join(',')})`,
    ).argParser(list('names such as linear,dyt', String)),
    new Option(
      '--rates <shares>',
      "a case for each, of methods that skip tokens (default the method's own)",
    ).argParser(list('shares such as 0.3,0.5', number(0, 1))),
    shared.out('folder of a new comparison, or of one that goes on (default runs/DATA-compare)'),
    ...manyRunsFlags(),
    ...settingsOfEveryRun(replaced),
    firstSeedFlag(),
  ],
  fileKeys: jointKeys,
  examples: [
    ['dyt compare --data builtin:nature --methods linear,dyt --epochs 3', 'a first look'],
    ['dyt compare --data photos/ --rates 0.3,0.5,0.7 --seeds 3', 'six cases, eighteen runs'],
    ['dyt compare --config compare.yaml --out runs/ablation --jobs 2', 'cases of your own'],
    [
      'dyt compare --config configs/paper/table-8.yaml --data SVHN=svhn --model vit.safetensors',
      'a table of the paper',
    ],
  ],
  stoppable: true,
  run,
})

async function run({ options, terminal, signal }: Call<Options>): Promise<number | undefined> {
  const { out: given, config = '', json: _json, quiet: _quiet, cases, datasets, ...more } = options
  const { jobs, memory: memoryMB, retries, tensorboard, ...rest } = more
  const own = { ...rest, ...(cases !== undefined && { cases: readCasesAsFlags(config, cases) }) }
  const { data, ...shared } = own
  if (data === undefined && datasets === undefined)
    throw new ConfigError(
      'compare: --data is missing. Give a folder with one folder of images per class, or builtin:nature to try.',
    )
  const name = datasets === undefined ? `${dataName(data ?? '')}-compare` : dataName(config)
  const out = given ?? join('runs', name)
  const control = {
    ...{ out, jobs, memoryMB, retries, tensorboard, signal },
    ...manyRunsProgress(terminal, 'compare', out),
  }
  if (datasets !== undefined) {
    const asked = readCasesAsFlags(config, datasetsAsked(datasets, data))
    const outcome = await compareJointly({ ...shared, datasets: asked }, control)
    if (!outcome.finished) return manyRunsStopped(outcome, terminal)
    terminal.result(outcome, () => jointText(outcome, terminal.paint))
    return outcome.failures.length > 0 ? 1 : undefined
  }
  const outcome = await compare(own, control)
  if (!outcome.finished) return manyRunsStopped(outcome, terminal)
  terminal.result(outcome, () => comparisonText(outcome, terminal.paint))
  return outcome.failures.length > 0 ? 1 : undefined
}

function list<T>(what: string, parseItem: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim())
    if (items.includes('')) throw new InvalidArgumentError(`Give ${what}, separated by commas.`)
    return items.map(parseItem)
  }
}
