import { random } from '@dynamic-tuning/engine'
import type { Example } from './example.ts'

/**
 * Puts a share of every class aside, drawn from `random(seed, 'split', label)`: at least one image of a class that has
 * two or more, never all of them.
 */
export function stratifiedSplit(examples: readonly Example[], share: number, seed: number) {
  const byLabel = new Map<number, Example[]>()
  for (const example of examples) {
    const group = byLabel.get(example.label)
    if (group) group.push(example)
    else byLabel.set(example.label, [example])
  }
  const train: Example[] = []
  const validation: Example[] = []
  for (const [label, group] of byLabel) {
    const aside = Math.min(group.length - 1, Math.max(1, Math.round(group.length * share)))
    const chosen = new Set(random(seed, 'split', label).shuffle(Array.from(group.keys())).slice(0, aside))
    group.forEach((example, i) => {
      if (chosen.has(i)) validation.push(example)
      else train.push(example)
    })
  }
  return { train, validation }
}
