import { type Random, random } from '@dynamic-tuning/engine'
import { bestFirst, type Measure } from '../../evaluation/measure.ts'
import type { Subnet } from '../../tuners/noah-supernet.ts'
import { crossOver, type MutationChances, mutate } from './offspring.ts'
import { drawOne, drawSubnet, type SubnetSpace, smallestSubnet, subnetKey } from './space.ts'

/** Settings of the evolution; the paper's values in brackets. */
export interface EvolutionSettings extends MutationChances {
  /** Most parameters of a sub-network (0.64 M). */
  readonly limit: number
  /** Candidates of a round (50). */
  readonly population: number
  /** Populations that are evaluated (15). */
  readonly rounds: number
  /** Best candidates so far, from which the next population is made (10). */
  readonly best: number
  /** Mutants of a round (25). */
  readonly mutants: number
  /** Crossovers of a round (25). */
  readonly crossovers: number
  readonly seed: number
}

/** Score of a sub-network with the super-network's weights on validation images. */
export interface SubnetScore {
  /** Value of the primary measure. */
  readonly score: number
  readonly loss: number
}

/** A sub-network that was evaluated. */
export interface Candidate extends SubnetScore {
  readonly subnet: Subnet
  readonly parameters: number
  /** From 0. */
  readonly round: number
}

/** Evaluation, callbacks and abort signal of the evolution. */
export interface EvolutionControl {
  /** Measure by which candidates are compared. */
  readonly measure: Pick<Measure, 'better'>
  parameters(subnet: Subnet): number
  score(subnet: Subnet): Promise<SubnetScore>
  /** Aborting it stops before the next candidate. */
  readonly signal?: AbortSignal | undefined
  /** A candidate has been evaluated, the `done`-th of about `total`. */
  readonly onCandidate?: (candidate: Candidate, progress: EvolutionProgress) => void
}

/** Progress of the evolution. */
export interface EvolutionProgress {
  readonly done: number
  readonly total: number
  readonly rounds: number
  readonly best: Candidate
}

/** Result of the evolution. */
export interface EvolutionOutcome {
  /** False if `signal` aborted it. */
  readonly finished: boolean
  /** All candidates, in the order of evaluation. */
  readonly candidates: readonly Candidate[]
  /** The best of them; undefined if none was evaluated. */
  readonly winner: Candidate | undefined
}

/**
 * NOAH's evolution (arXiv:2206.04673, stage 2): a random population, then mutants and
 * crossovers of the best so far in each round, filled up with random candidates. Each candidate is
 * evaluated once and has at most `limit` parameters. The same seed and scores give the same
 * candidates. A small space may run out of new ones before a population is full.
 */
export async function evolve(
  space: SubnetSpace,
  settings: EvolutionSettings,
  control: EvolutionControl,
): Promise<EvolutionOutcome> {
  const { measure } = control
  const candidates: Candidate[] = []
  const seen = new Set<string>()
  const admit = (subnet: Subnet): boolean =>
    !seen.has(subnetKey(subnet)) && control.parameters(subnet) <= settings.limit
  const { rounds, population } = settings
  for (let round = 0; round < rounds; round++) {
    for (const subnet of nextPopulation(space, settings, { measure, round, candidates, seen, admit })) {
      if (control.signal?.aborted) return outcome(candidates, measure, false)
      const found = {
        subnet,
        parameters: control.parameters(subnet),
        round,
        ...(await control.score(subnet)),
      }
      candidates.push(found)
      const [best = found] = bestOf(candidates, measure, 1)
      control.onCandidate?.(found, { done: candidates.length, total: rounds * population, rounds, best })
    }
  }
  return outcome(candidates, measure, true)
}

function outcome(
  candidates: readonly Candidate[],
  measure: Pick<Measure, 'better'>,
  finished: boolean,
): EvolutionOutcome {
  return { finished, candidates, winner: bestOf(candidates, measure, 1)[0] }
}

/** The `count` best by score; ties are broken by the smaller loss, then by order. */
export function bestOf(
  candidates: readonly Candidate[],
  measure: Pick<Measure, 'better'>,
  count: number,
): readonly Candidate[] {
  const order = bestFirst(measure)
  return candidates.toSorted((a, b) => order(a.score, b.score) || a.loss - b.loss).slice(0, count)
}

interface Known {
  readonly measure: Pick<Measure, 'better'>
  readonly round: number
  readonly candidates: readonly Candidate[]
  readonly seen: Set<string>
  admit(subnet: Subnet): boolean
}

/** Attempts per requested candidate: ten for offspring as in the official code, more for random ones. */
const offspringTries = 10
const randomTries = 200

function nextPopulation(space: SubnetSpace, settings: EvolutionSettings, known: Known): Subnet[] {
  const { population, best, mutants, crossovers, seed } = settings
  const parents = bestOf(known.candidates, known.measure, best)
  const made: Subnet[] = []
  const parent = (stream: Random): Subnet => drawOne(parents, stream).subnet
  const fill = (what: string, count: number, tries: number, draw: (stream: Random) => Subnet): void => {
    const stream = random(seed, 'noah-search', what, known.round)
    const full = made.length + count
    for (let i = 0; i < tries * count && made.length < full; i++) {
      const subnet = draw(stream)
      if (!known.admit(subnet)) continue
      known.seen.add(subnetKey(subnet))
      made.push(subnet)
    }
  }
  if (parents.length > 0) {
    fill('mutants', mutants, offspringTries, (stream) => mutate(parent(stream), space, settings, stream))
    fill('crossovers', crossovers, offspringTries, (stream) =>
      crossOver(parent(stream), parent(stream), stream),
    )
  }
  fill('random', population - made.length, randomTries, (stream) => drawSubnet(space, stream))
  // Under a tight limit the smallest sub-network still fits.
  if (made.length === 0 && parents.length === 0) fill('smallest', 1, 1, () => smallestSubnet(space))
  return made
}
