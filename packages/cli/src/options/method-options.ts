import { InvalidArgumentError, Option } from 'commander'
import { ConfigError, methodOptions, tunerNamed, tuners } from 'dynamic-tuning'
import { integer, integers, number } from './numbers.ts'

/** `promptLength` as a flag: `--prompt-length`. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A flag for each setting that only some methods have; fresh ones at each call. */
export function methodFlags(): Option[] {
  return Object.entries(methodOptions).map(([name, { argument, help, least, read }]) => {
    const readers = { whole: integer, number, wholes: integers }
    const parse: (text: string) => unknown = readers[read](least)
    return new Option(`--${kebab(name)} ${argument}`, help).argParser(parse)
  })
}

/** `--method`: a name in the registry, or several joined by `+`. */
export function methodFlag(): Option {
  const names = tuners.map(({ name }) => name)
  const option = new Option(
    '--method <name>',
    'how to tune (default dyt); some join, as in lora+adaptformer:',
  )
  return option.choices(names).argParser((text) => {
    try {
      return tunerNamed(text).name
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new InvalidArgumentError(error.message)
    }
  })
}
