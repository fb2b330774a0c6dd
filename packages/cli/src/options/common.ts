import { Option } from 'commander'
import type { CompileOptions, FinetuneSettings, Precision } from 'dynamic-tuning'
import { precisions } from 'dynamic-tuning/settings'
import { someFinetuneFlags } from './finetune-flags.ts'
import { integer, number } from './numbers.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly seed?: number
  readonly threads?: number
  readonly device?: FinetuneSettings['device']
  readonly config?: string
}

/** Options of commands that run or write a model for inference. */
export interface PrecisionChoice {
  readonly precision?: Precision
}

/** How to compile a model, according to a command's options. */
export function compileOptions({
  threads,
  device,
  precision,
}: CommonOptions & PrecisionChoice): CompileOptions {
  const given = Object.entries({ threads, device, precision }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

const commonHeading = 'Common options:'

/** New copies of the options that every command has. */
export function commonOptions(): Option[] {
  const options = [
    ...someFinetuneFlags(['seed', 'threads', 'device']),
    new Option('--config <file>', 'read settings from a YAML or JSON file; flags win'),
    new Option('--offline', 'fetch no models, use those in the cache'),
    new Option('--json', 'print the result as one JSON document'),
    new Option('--quiet', 'no progress, only the result'),
  ]
  return options.map((option) => option.helpGroup(commonHeading))
}

/** Options of several commands that are no settings of `finetune`, by name; each call creates a new one. */
export const shared = {
  classes: (text = 'number of classes'): Option => new Option('--classes <n>', text).argParser(integer(1)),
  frames: (): Option =>
    new Option('--frames <n>', 'classify clips of so many frames instead of images').argParser(integer(1)),
  out: (text: string): Option => new Option('--out <folder>', text),
  budget: (): Option =>
    new Option(
      '--budget <share>',
      "share of the static model's FLOPs, as calibrated: see dyt calibrate",
    ).argParser(number(0)),
  precision: (): Option =>
    new Option('--precision <name>', "of the backbone's matrix products (default fp32):").choices([
      ...precisions,
    ]),
  active: (): Option =>
    new Option('--active <share>', 'share of tokens that random dispatchers let through').argParser(
      number(0, 1),
    ),
}
