import { Option } from 'commander'
import type { ManyRunsControl } from 'dynamic-tuning'
import { byteSize } from './bytes.ts'
import { finetuneFlag, finetuneFlagsBut } from './finetune-flags.ts'
import { integer } from './numbers.ts'
import { checked } from './settings-file.ts'
import { tensorboardFlag } from './tensorboard.ts'

/** Values of the `manyRunsFlags`. */
export type ManyRunsOptions = Pick<ManyRunsControl, 'jobs' | 'retries' | 'tensorboard'> & {
  /** MB of 2^20 bytes. */
  readonly memory?: number
}

/** New flags for how a study executes its runs. */
export function manyRunsFlags(): Option[] {
  return [
    new Option('--seeds <n>', 'runs of each, with seeds from --seed on (default 1)').argParser(integer(1)),
    new Option('--jobs <n>', 'runs at a time; they share the threads (default half of the cores)').argParser(
      integer(1),
    ),
    new Option(
      '--memory <size>',
      'begin a further run only where all together fit: 12GB, 800MB (default no limit)',
    ).argParser((text) => byteSize(text) / 2 ** 20),
    new Option(
      '--retries <n>',
      'tries more for a run whose process crashes or is killed (default 0)',
    ).argParser(integer(0)),
    tensorboardFlag(),
  ]
}

/** Settings of finetune as flags of another command, without the `replaced` ones. */
export function settingsOfEveryRun(replaced: readonly string[]): Option[] {
  return finetuneFlagsBut(replaced).map((option) =>
    option.helpGroupHeading === undefined
      ? option.helpGroup('Settings of every run, as for finetune:')
      : option,
  )
}

/** The flag of the first seed, for commands where `--seed` is no setting of a run. */
export function firstSeedFlag(): Option {
  return finetuneFlag('seed', { help: 'first seed' })
}

/** Parses settings of a file like flags: `imageSize: 96` is a square. The library checks the rest. */
export function readAsFlags<T extends object>(path: string, settings: T): T {
  const known = new Map(finetuneFlagsBut([]).map((option) => [option.attributeName(), option]))
  const read = Object.entries(settings).map(([key, value]) => [
    key,
    checked(path, key, value, known.get(key)),
  ])
  return Object.fromEntries(read)
}

/** Parses cases of a file with `readAsFlags`; the library refuses anything but a list of cases. */
export function readCasesAsFlags<T>(path: string, cases: readonly T[]): readonly T[] {
  if (!Array.isArray(cases)) return cases
  return cases.map((each) => (typeof each === 'object' && each !== null ? readAsFlags(path, each) : each))
}
