import { InvalidArgumentError, Option } from 'commander'
import { type GivenReduction, reductionNames, reductionOptions } from 'dynamic-tuning'
import { layerList } from './dispatch.ts'
import { integer, number } from './numbers.ts'

/** Reads one value, or a list of them as `16,16,8`. */
export function oneOrList(parseItem: (text: string) => number): (text: string) => number | number[] {
  return (text) =>
    text.includes(',') ? text.split(',').map((word) => parseItem(word.trim())) : parseItem(text)
}

function reductionName(text: string): string {
  if (reductionNames.some((name) => name === text)) return text
  if (/[,+]/.test(text))
    throw new InvalidArgumentError('Two reductions would each decide which tokens leave: choose one.')
  throw new InvalidArgumentError(`Choose one of ${reductionNames.join(', ')}.`)
}

const reductionHeading = 'Token reduction:'

/** Options of token reduction, in the order of the help text. */
export function reductionFlags(): Option[] {
  const options = [
    new Option(
      '--reduction <name>',
      `run on fewer tokens, with any method: ${reductionNames.join(', ')} (default none)`,
    ).argParser(reductionName),
    new Option(
      '--tome-r <r>',
      'tome: tokens merged in every layer, or a list such as 16,16,8 (default 8)',
    ).argParser(oneOrList(integer(0))),
    new Option(
      '--tome-slope <w>',
      'tome: -1 merges more in early layers, 1 in late ones (default 0)',
    ).argParser(number(-1, 1)),
    new Option(
      '--keep-rate <k>',
      'evit, dynamicvit: share of tokens kept at each of the layers, or a list (default 0.7)',
    ).argParser(oneOrList(number(0, 1))),
    new Option(
      '--reduction-layers <list>',
      'evit, dynamicvit: layers that reduce, such as 3,6,9 (default a quarter, a half, three quarters up)',
    ).argParser(layerList),
  ]
  return options.map((option) => option.helpGroup(reductionHeading))
}

/** Those of the options that are of token reduction; undefined where none is given. */
export function reductionGiven(options: GivenReduction): GivenReduction | undefined {
  const given = Object.keys(reductionOptions()).map(
    (name) => [name, options[name as keyof GivenReduction]] as const,
  )
  const known = given.filter(([, value]) => value !== undefined)
  return known.length === 0 ? undefined : Object.fromEntries(known)
}
