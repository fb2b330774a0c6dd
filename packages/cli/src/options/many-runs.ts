import { Option } from 'commander'
import type { ManyRunsControl } from 'dynamic-tuning'
import { finetuneCommand } from '../commands/finetune.ts'
import { byteSize } from './bytes.ts'
import { integer } from './numbers.ts'
import { checked } from './settings-file.ts'
import { tensorboardFlag } from './tensorboard.ts'

/** What the flags of `manyRunsFlags` set. */
export type ManyRunsOptions = Pick<ManyRunsControl, 'jobs' | 'retries' | 'tensorboard'> & {
  /** MB of 2^20 bytes. */
  readonly memory?: number
}

/** How a command that makes many runs makes them; each call gives fresh ones. */
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

/** Settings of finetune as flags of another command, without those that it has in another form. */
export function finetuneFlags(replaced: readonly string[]): Option[] {
  return finetuneCommand.options
    .filter((each) => !replaced.includes(each.attributeName()))
    .map((option) => regrouped(option, 'Settings of every run, as for finetune:'))
}

/** The first seed, where `--seed` is not one of the settings of a run. */
export function firstSeedFlag(): Option {
  return new Option('--seed <n>', 'first seed (default 0)').argParser(integer(0)).helpGroup('Common options:')
}

/** Settings of a file as flags would give them: `imageSize: 96` is a square. Anything else is left to the library's checks. */
export function readAsFlags(path: string, settings: object): Record<string, unknown> {
  const known = new Map(finetuneCommand.options.map((option) => [option.attributeName(), option]))
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, checked(path, key, value, known.get(key))]),
  )
}

/** The same option below another heading, unless it has one. */
function regrouped(option: Option, heading: string): Option {
  if (option.helpGroupHeading !== undefined) return option
  const copy: Option = Object.assign(Object.create(Object.getPrototypeOf(option)), option)
  return copy.helpGroup(heading)
}
