import type { Option } from 'commander'
import type { Terminal } from './terminal/terminal.ts'

/** Headings of `dyt --help`, in the order in which they appear. */
export type Group = 'Start here' | 'Train' | 'Use a trained model' | 'Measure'

/** Arguments of a command's `run`. */
export interface Call<O> {
  readonly args: readonly string[]
  /** By camelCase name: flags override the settings file, which overrides defaults. */
  readonly options: Readonly<O>
  readonly terminal: Terminal
  /** Aborted at the first Ctrl-C or other stop signal, for commands that are `stoppable`. */
  readonly signal: AbortSignal
}

/** One command: a file in `commands/`, and a line in `commands/registry.ts`. */
export interface CommandUnit<O = object> {
  /** `finetune`, or `bench inference` for a command below another. */
  readonly name: string
  readonly group: Group
  /** One sentence without a full stop. */
  readonly summary: string
  /** Further paragraphs of its help; an indented one is an example. Wrapped when shown. */
  readonly description?: string
  /** Arguments in commander's notation and their help: `['<images...>', 'files, folders or patterns']`. */
  readonly arguments?: readonly (readonly [string, string])[]
  /** The command's own options; every command also has `commonOptions`. */
  readonly options: readonly Option[]
  /** Settings that only a settings file may hold. */
  readonly fileKeys?: readonly string[]
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [string, string])[]
  /** True if the first Ctrl-C or other stop signal only aborts `signal`. */
  readonly stoppable?: boolean
  /** @returns the exit code if it is not 0 */
  run(call: Call<O>): Promise<number | undefined>
}

/** A command with typed options. Nothing checks that `options` and `O` agree: keep them together. */
export function defineCommand<O extends object>(unit: CommandUnit<O>): CommandUnit {
  return unit
}
