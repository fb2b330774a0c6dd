import { Command, CommanderError } from 'commander'
import { ConfigError, libraryVersion } from 'dynamic-tuning'
import { listenForStop } from 'dynamic-tuning/io'
import { messageText } from 'dynamic-tuning/report'
import type { CommandUnit, Group } from './command.ts'
import { fetchModels } from './fetch-models.ts'
import { commonOptions } from './options/common.ts'
import { resolveOptions } from './options/settings-file.ts'
import { paintFor } from './terminal/output.ts'
import { createTerminal } from './terminal/terminal.ts'
import { shown } from './terminal/width.ts'
import { fitted } from './terminal/wrap.ts'

const groups: readonly Group[] = ['Start here', 'Train', 'Use a trained model', 'Measure']

/** Runs one command line. @returns the exit code: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C */
export async function runCommandLine(
  units: readonly CommandUnit[],
  argv: readonly string[],
): Promise<number> {
  const state = { code: 0 }
  const program = buildProgram(units, async (unit, command, args) => {
    state.code = (await runUnit(unit, command, args)) ?? 0
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return state.code
  } catch (error) {
    return report(error)
  }
}

type Action = (unit: CommandUnit, command: Command, args: readonly string[]) => Promise<void>

/** The commands of `units` in commander's form. */
export function buildProgram(units: readonly CommandUnit[], action: Action): Command {
  const program = root()
  for (const group of groups)
    for (const unit of units.filter((each) => each.group === group)) addUnit(program, unit, action)
  return program
}

function root(): Command {
  const paint = paintFor(process.stdout, process.env)
  const program = new Command('dyt')
  return program
    .description(
      'Adapt a pre-trained Vision Transformer to your images, and let it skip the tokens it does not need.',
    )
    .usage('<command> [options]')
    .version(libraryVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .optionsGroup('Options:')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${onStderr(
            text
              .replace(/^error: /, 'dyt: ')
              .trim()
              .replace(/\n/g, ' '),
          )}\n`,
        ),
    })
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      minWidthToWrap: 20,
      optionDescription: ({ description, argChoices }) =>
        argChoices ? `${description} ${argChoices.join(', ')}` : description,
      styleTitle: paint.bold,
      styleCommandText: (text) => text,
      styleSubcommandTerm: paint.accent,
      styleOptionTerm: paint.accent,
      styleArgumentTerm: paint.accent,
    })
    .addHelpText('after', `\n${paint.dim('dyt <command> --help shows its options and examples.')}`)
}

function addUnit(program: Command, unit: CommandUnit, action: Action): void {
  const [first = '', second] = unit.name.split(' ')
  const parent = second === undefined ? program : parentOf(program, first, unit.group)
  const command = parent
    .command(second ?? first)
    .summary(unit.summary)
    .description([`${unit.summary}.`, unit.description ?? ''].join('\n').trim())
    .helpGroup(`${unit.group}:`)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examplesText(unit))
  if (parent !== program) parent.summary(parent.commands.map((child) => child.name()).join(' or '))
  for (const [name, text] of unit.arguments ?? []) command.argument(name, text)
  const names = unit.options.map((option) => option.attributeName())
  for (const option of [
    ...unit.options,
    ...commonOptions().filter((each) => !names.includes(each.attributeName())),
  ])
    command.addOption(option)
  command.action(() => action(unit, command, command.args))
}

function parentOf(program: Command, name: string, group: Group): Command {
  const known = program.commands.find((command) => command.name() === name)
  if (known) return known
  return program.command(name).helpGroup(`${group}:`).helpCommand(false)
}

function examplesText({ examples }: CommandUnit): string {
  const paint = paintFor(process.stdout, process.env)
  const lines = examples.map(([line, what]) => `  ${paint.dim(`# ${what}`)}\n  ${line}`)
  return `\n${paint.bold('Examples:')}\n${lines.join('\n')}\n`
}

async function runUnit(
  unit: CommandUnit,
  command: Command,
  args: readonly string[],
): Promise<number | undefined> {
  // `--offline` applies to the whole process and its child processes.
  const { offline, ...options } = resolveOptions(command, unit.fileKeys ?? [])
  if (offline) process.env.HF_HUB_OFFLINE = '1'
  const terminal = createTerminal({ json: options.json === true, quiet: options.quiet === true })
  await fetchModels(options, terminal).finally(() => terminal.progress.stop())
  const interrupt = unit.stoppable
    ? listenForStop(() => terminal.note('Stopping after this step. Press Ctrl-C again to quit at once.'))
    : undefined
  try {
    const signal = interrupt?.signal ?? new AbortController().signal
    return await unit.run({ args, options, terminal, signal })
  } finally {
    terminal.progress.stop()
    interrupt?.dispose()
  }
}

const onStderr = (text: string): string => fitted(text, paintFor(process.stderr, process.env).columns)

/** Reports an error on stderr, in one line unless DEBUG is set; returns the exit code. */
function report(error: unknown): number {
  // commander has already printed its own errors; a request for help is none.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const text = messageText(error instanceof Error ? error.message : String(error))
  const lines = process.env.DEBUG && error instanceof Error ? shown(error.stack ?? text) : text
  process.stderr.write(`${onStderr(`dyt: ${lines}`)}\n`)
  return error instanceof ConfigError ? 2 : 1
}
