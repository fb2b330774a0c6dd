import { ConfigError } from 'dynamic-tuning'
import { nearestWord } from 'dynamic-tuning/settings'
import type { NamedSettings } from 'dynamic-tuning/study'

/**
 * The datasets of a file that are asked for, `NAME=PLACE,NAME=PLACE` with the places where they lie; all of
 * them, at the places that the file names, where nothing is asked.
 * @throws ConfigError for text of another form, and names that the file does not have
 */
export function datasetsAsked(datasets: readonly NamedSettings[], asked?: string): readonly NamedSettings[] {
  if (asked === undefined) return datasets
  const names = datasets.map(({ name }) => name)
  const placeOf = new Map(
    asked.split(/,(?=[^,=]+=)/).map((part) => {
      const [name = '', ...place] = part.split('=')
      if (place.length === 0)
        throw new ConfigError(
          `compare: --data is ${asked}, but the file names several datasets. Say which lies where, such as ${names[0]}=PLACE.`,
        )
      if (!names.includes(name)) throw unknownName(name, names)
      return [name, place.join('=')]
    }),
  )
  return datasets.flatMap((each) => {
    const data = placeOf.get(each.name)
    return data === undefined ? [] : [{ ...each, data }]
  })
}

function unknownName(name: string, names: readonly string[]): ConfigError {
  const meant = nearestWord(name, names)
  const advice = meant === undefined ? `The file has ${names.join(', ')}.` : `Did you mean ${meant}?`
  return new ConfigError(`compare: unknown dataset ${name} in --data. ${advice}`)
}
