/**
 * Name of the field for a measure on one part of the data (`validationMeanIou`) or for its
 * best value (`bestMeanIou`).
 */
export function fieldOf(part: 'train' | 'validation' | 'best', { name }: { readonly name: string }): string {
  return `${part}${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
