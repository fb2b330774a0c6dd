import { InvalidArgumentError, Option } from 'commander'
import { ConfigError } from 'dynamic-tuning'
import type { Setting, SettingForm, Settings } from 'dynamic-tuning/settings'
import { byteSize } from './bytes.ts'
import { layerList } from './layer-list.ts'
import { imageSize, integer, integers, number, numbers, oneOrList, views } from './numbers.ts'

/** Parts of the help that a command may replace for a shared setting. */
export type OwnWords = Partial<Pick<Setting, 'help' | 'usual'>> & { readonly group?: string | undefined }

/**
 * The option of a setting: `--prompt-length` for `promptLength`, `--no-complete` for a switch that is
 * on by default.
 */
export function optionOf(name: string, setting: Setting, own: OwnWords = {}): Option {
  const { argument, group, form, default: usually } = { ...setting, ...own }
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const long = form.kind === 'switch' && usually === true ? `--no-${flag}` : `--${flag}`
  const option = new Option(argument === undefined ? long : `${long} ${argument}`, helpOf(setting, own))
  if ('choices' in form) option.choices(form.choices)
  const read = readerOf(form)
  if (read !== undefined) option.argParser(read)
  return group === undefined ? option : option.helpGroup(group)
}

/** New options for all settings that have a flag, in order. */
export function optionsOf(settings: Settings): Option[] {
  return Object.entries(settings)
    .filter(([, { fileOnly }]) => fileOnly !== true)
    .map(([name, setting]) => optionOf(name, setting))
}

function helpOf(setting: Setting, own: OwnWords): string {
  const { help, without, usual = defaultText(setting), form } = { ...setting, ...own }
  if (form.kind === 'switch') return (setting.default === true ? without : undefined) ?? help
  const text = usual === undefined || usual === '' ? help : `${help} (default ${usual})`
  return 'choices' in form ? `${text}:` : text
}

function defaultText({ default: usually }: Setting): string | undefined {
  return usually === undefined ? undefined : String(usually)
}

/** Parser of a setting's text; undefined if commander parses it or the text is the value. */
function readerOf(form: SettingForm): ((text: string) => unknown) | undefined {
  switch (form.kind) {
    case 'whole':
      return integer(form.least)
    case 'wholes':
      return integers(form.least)
    case 'number':
      return number(form.least, form.most)
    case 'numbers':
      return numbers(form.least, form.most)
    case 'bytes':
      return byteSize
    case 'pixels':
      return imageSize
    case 'layers':
      return layerList
    case 'views':
      return views
    case 'oneOrList':
      return oneOrList(readerOf(form.item) ?? String)
    case 'name':
      return (text) => readArgument(() => form.read(text))
    case 'choice':
      return form.several === undefined ? undefined : oneOf(form.choices, form.several)
    default:
      return undefined
  }
}

/** Reads one of some words; `several` says why two of them are refused. */
function oneOf(choices: readonly string[], several: string): (text: string) => string {
  return (text) => {
    if (choices.includes(text)) return text
    if (/[,+]/.test(text)) throw new InvalidArgumentError(`It is "${text}": ${several}.`)
    throw new InvalidArgumentError(`Choose one of ${choices.join(', ')}.`)
  }
}

/** The result of `read`. @throws InvalidArgumentError if `read` throws, so that the message names the flag */
export function readArgument<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new InvalidArgumentError(error.message)
  }
}
