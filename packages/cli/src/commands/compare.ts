import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import {
  type CompareInput,
  type CompareStopped,
  ConfigError,
  compare,
  compareKeys,
  defaultMethods,
} from 'dynamic-tuning'
import { type Call, defineCommand } from '../command.ts'
import { compareProgress } from '../compare-progress.ts'
import { stoppedCode } from '../interrupt.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { integer, number } from '../options/numbers.ts'
import { checked } from '../options/settings-file.ts'
import { dataName } from '../run-name.ts'
import { comparisonText } from '../show-comparison.ts'
import { finetuneCommand } from './finetune.ts'

interface Options extends CommonOptions, Omit<CompareInput, keyof CommonOptions> {
  readonly out?: string
  readonly jobs?: number
}

/** Options of `finetune` that a comparison has in another form. */
const replaced = ['data', 'method', 'rate', 'out', 'resume']
const settingOptions = finetuneCommand.options.filter((each) => !replaced.includes(each.attributeName()))

export const compareCommand = defineCommand<Options>({
  name: 'compare',
  group: 'Train',
  summary: 'Several methods, rates and seeds on one dataset: one table, one page',
  description:
    'Every case runs with the same seeds, each run in a process of its own.\nThe same command goes on where Ctrl-C, a crash or a failed run left it: finished\nruns are kept. Writes compare.html, .md, .csv and .json into --out, beside a run\nfolder for each case and seed.\n\nOther cases than methods and rates come from a file for --config:\n\n  data: photos\n  epochs: 10\n  seeds: 3\n  cases:\n    - { name: DyT, method: dyt, rate: 0.5 }\n    - { name: attention dispatch, method: dyt, dispatch: attention }\n    - { name: no distillation, method: dyt, distillation: false }\n\nA case may have any setting of finetune but data, seed, threads and workers.',
  options: [
    shared.data(),
    new Option(
      '--methods <names>',
      `methods, see dyt methods (default ${defaultMethods.join(',')})`,
    ).argParser(list('names such as linear,dyt', String)),
    new Option(
      '--rates <shares>',
      "a case for each, of methods that skip tokens (default the method's own)",
    ).argParser(list('shares such as 0.3,0.5', number(0, 1))),
    new Option('--seeds <n>', 'runs of each case, with seeds from --seed on (default 1)').argParser(
      integer(1),
    ),
    shared.out('folder of a new comparison, or of one that goes on (default runs/DATA-compare)'),
    new Option('--jobs <n>', 'runs at a time; they share the threads (default half of the cores)').argParser(
      integer(1),
    ),
    ...settingOptions.map((option) => regrouped(option, 'Settings of every run, as for finetune:')),
    new Option('--seed <n>', 'first seed (default 0)').argParser(integer(0)).helpGroup('Common options:'),
  ],
  fileKeys: compareKeys,
  examples: [
    ['dyt compare --data builtin:nature --methods linear,dyt --epochs 3', 'a first look'],
    ['dyt compare --data photos/ --rates 0.3,0.5,0.7 --seeds 3', 'six cases, eighteen runs'],
    ['dyt compare --config compare.yaml --out runs/ablation --jobs 2', 'cases of your own'],
  ],
  stoppable: true,
  run,
})

async function run({ options, terminal, signal }: Call<Options>): Promise<number | undefined> {
  const { out: given, jobs, config, json: _json, quiet: _quiet, cases, ...rest } = options
  if (rest.data === undefined)
    throw new ConfigError(
      'compare: --data is missing. Give a folder with one folder of images per class, or builtin:nature to try.',
    )
  const out = given ?? join('runs', `${dataName(rest.data)}-compare`)
  const input = { ...rest, ...(cases !== undefined && { cases: readCases(cases, config ?? '') }) }
  const outcome = await compare(input, { out, jobs, signal, ...compareProgress(terminal, out) })
  if (!outcome.finished) return stop(outcome, terminal)
  terminal.result(outcome, () => comparisonText(outcome, terminal.paint))
  return outcome.failures.length > 0 ? 1 : undefined
}

function stop(stopped: CompareStopped, terminal: Call<Options>['terminal']): number {
  terminal.result(stopped, () => '')
  const { finishedRuns, totalRuns } = stopped
  terminal.note(
    `Stopped with ${finishedRuns} of ${totalRuns} runs finished. The same command goes on from here.`,
  )
  return stoppedCode
}

/** Values of cases as flags would give them: `imageSize: 96` is a square. Anything else is left to the library's checks. */
function readCases(
  cases: NonNullable<CompareInput['cases']>,
  path: string,
): NonNullable<CompareInput['cases']> {
  if (!Array.isArray(cases)) return cases
  const known = new Map(finetuneCommand.options.map((option) => [option.attributeName(), option]))
  const read = ([key, value]: [string, unknown]): [string, unknown] => [
    key,
    checked(path, key, value, known.get(key)),
  ]
  return cases.map((each) =>
    typeof each === 'object' && each !== null ? Object.fromEntries(Object.entries(each).map(read)) : each,
  )
}

function list<T>(what: string, parseItem: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim())
    if (items.includes('')) throw new InvalidArgumentError(`Give ${what}, separated by commas.`)
    return items.map(parseItem)
  }
}

/** The same option below another heading, unless it has one. */
function regrouped(option: Option, heading: string): Option {
  if (option.helpGroupHeading !== undefined) return option
  const copy: Option = Object.assign(Object.create(Object.getPrototypeOf(option)), option)
  return copy.helpGroup(heading)
}
