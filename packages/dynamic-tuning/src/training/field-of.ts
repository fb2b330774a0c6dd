/** The field of a measure on one part of the data, or of its best value on a curve: `validationMeanIou`, `bestMeanIou`. */
export function fieldOf(part: 'train' | 'validation' | 'best', { name }: { readonly name: string }): string {
  return `${part}${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
