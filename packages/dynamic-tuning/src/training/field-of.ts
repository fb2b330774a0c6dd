/** The field of a measure on one part of the data: `validationMeanIou`, `trainMeanIou`. */
export function fieldOf(part: 'train' | 'validation', { name }: { readonly name: string }): string {
  return `${part}${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
