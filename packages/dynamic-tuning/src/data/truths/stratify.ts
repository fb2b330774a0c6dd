import { random } from '@dynamic-tuning/engine'

/** The share to put aside, and the seed for choosing it. */
export interface AsideSettings {
  /** Share of the examples to put aside, between 0 and 1. */
  readonly validationShare: number
  readonly seed: number
}

/** Number of examples of `count` to put aside: at least one if there are two or more, never all. */
function asideOf(count: number, { validationShare }: AsideSettings): number {
  return Math.min(count - 1, Math.max(1, Math.round(count * validationShare)))
}

/**
 * Indices of examples by class (or by label, where an example may be in several
 * groups), in order of appearance.
 */
function placesBy(truths: readonly (readonly number[])[]): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  truths.forEach((labels, place) => {
    for (const label of labels) {
      const group = groups.get(label)
      if (group) group.push(place)
      else groups.set(label, [place])
    }
  })
  return groups
}

/** Indices of a share of every class, drawn from `random(seed, 'split', class)`. */
export function classesAside(classes: readonly number[], settings: AsideSettings): ReadonlySet<number> {
  const aside = new Set<number>()
  for (const [name, group] of placesBy(classes.map((each) => [each]))) {
    const order = random(settings.seed, 'split', name).shuffle([...group])
    for (const place of order.slice(0, asideOf(group.length, settings))) aside.add(place)
  }
  return aside
}

/** Indices of a share of `count` examples, drawn from `random(seed, 'split', 'all')`. */
export function shareAside(count: number, settings: AsideSettings): ReadonlySet<number> {
  if (count === 0) return new Set()
  const order = random(settings.seed, 'split', 'all').shuffle(Array.from({ length: count }, (_, i) => i))
  return new Set(order.slice(0, asideOf(count, settings)))
}

/** How many examples a part still needs, in total and for each label. */
interface Wanted {
  total: number
  readonly of: Map<number, number>
}

/**
 * Indices of a share of the examples such that each part gets its share of every label: iterative
 * stratification (Sechidis et al. 2011). If two or more examples have a label, each part gets at least one of
 * them. The choice depends on the seed.
 */
export function labelsAside(
  sets: readonly (readonly number[])[],
  settings: AsideSettings,
): ReadonlySet<number> {
  const left = placesBy(sets)
  const total = sets.length > 0 ? asideOf(sets.length, settings) : 0
  const wanted = Array.from(left, ([label, places]) => [label, asideOf(places.length, settings)] as const)
  const aside: Wanted = { total, of: new Map(wanted) }
  const kept: Wanted = {
    total: sets.length - total,
    of: new Map(wanted.map(([label, count]) => [label, (left.get(label)?.length ?? 0) - count])),
  }
  const chosen = new Set<number>()
  const done = new Set<number>()
  for (let label = rarest(left); label !== undefined; label = rarest(left)) {
    const order = random(settings.seed, 'split', label).shuffle([...(left.get(label) ?? [])])
    for (const place of order) {
      const part = wants(aside, kept, label) ? aside : kept
      if (part === aside) chosen.add(place)
      done.add(place)
      part.total--
      for (const each of sets[place] ?? []) part.of.set(each, (part.of.get(each) ?? 0) - 1)
    }
    for (const [each, places] of left) {
      const rest = places.filter((place) => !done.has(place))
      if (rest.length > 0) left.set(each, rest)
      else left.delete(each)
    }
  }
  return chosen
}

/** True if the part put aside needs a label more than the other part; if equal, if it needs more examples. */
function wants(aside: Wanted, kept: Wanted, label: number): boolean {
  const more = (aside.of.get(label) ?? 0) - (kept.of.get(label) ?? 0)
  return more > 0 || (more === 0 && aside.total > kept.total)
}

/** The label with the fewest remaining examples; the lowest if there are several. */
function rarest(left: ReadonlyMap<number, readonly number[]>): number | undefined {
  const all = Array.from(left, ([label, { length }]) => ({ label, length }))
  return all.sort((a, b) => a.length - b.length || a.label - b.label)[0]?.label
}
