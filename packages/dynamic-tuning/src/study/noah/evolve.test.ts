import { random } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vitConfig } from '../../models/vit/vit-names.ts'
import { type Subnet, subnetModules } from '../../tuners/noah-supernet.ts'
import { bestOf, type Candidate, type EvolutionSettings, evolve } from './evolve.ts'
import { crossOver, mutate } from './offspring.ts'
import {
  drawSubnet,
  type SubnetSpace,
  smallestSubnet,
  subnetKey,
  subnetParameters,
  subnetSettings,
  subnetSpace,
} from './space.ts'

const base = vitConfig('vit_base_patch16_224', 100)
const seeds = fc.integer({ min: 0, max: 1e6 })
const spaces = fc
  .record({
    layers: fc.integer({ min: 1, max: 24 }),
    sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
  })
  .map(({ layers, sizes }) => subnetSpace(layers, sizes))

function expectInside(subnet: Subnet, { depths, sizes }: SubnetSpace): void {
  for (const module of subnetModules) {
    expect(depths).toContain(subnet[module].length)
    for (const size of subnet[module]) expect(sizes).toContain(size)
  }
}

describe('the search space', () => {
  it('has the published depths and sizes, scaled to other models', () => {
    expect(subnetSpace(12)).toEqual({ layers: 12, depths: [3, 6, 9, 12], sizes: [1, 5, 10] })
    expect(subnetSpace(24).depths).toEqual([6, 12, 18, 24])
    expect(subnetSpace(2).depths).toEqual([1, 2])
    expect(subnetSpace(1).depths).toEqual([1])
    expect(subnetSpace(4, [8, 2, 8]).sizes).toEqual([2, 8])
  })

  it('is not left by draws, and each depth and size comes up as often', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => expectInside(drawSubnet(space, random(seed)), space)),
    )
    const stream = random(1, 'even')
    const drawn = Array.from({ length: 3000 }, () => drawSubnet(subnetSpace(12), stream))
    for (const depth of [3, 6, 9, 12]) {
      const share = drawn.filter(({ loraDim }) => loraDim.length === depth).length / drawn.length
      expect(Math.abs(share - 0.25)).toBeLessThan(0.03)
    }
    for (const size of [1, 5, 10]) {
      const share = drawn.filter(({ adapterDim }) => adapterDim[2] === size).length / drawn.length
      expect(Math.abs(share - 1 / 3)).toBeLessThan(0.03)
    }
  })

  it('counts parameters as the method does, the smallest sub-network the fewest', () => {
    const subnet = { visualPromptDim: [10], loraDim: [5, 1], adapterDim: [1, 1, 1] }
    expect(subnetParameters(subnet, base)).toBe(10 * 768 + 4 * 6 * 768 + 3 * (2 * 768 + 1 + 768))
    expect(subnetSettings(subnet, 4)).toEqual({
      visualPromptDim: [10, 0, 0, 0],
      loraDim: [5, 1, 0, 0],
      adapterDim: [1, 1, 1, 0],
    })
    const least = subnetParameters(smallestSubnet(subnetSpace(12)), base)
    expect(least).toBe(3 * (768 + 4 * 768 + 2 * 768 + 1 + 768))
    for (let seed = 0; seed < 50; seed++)
      expect(subnetParameters(drawSubnet(subnetSpace(12), random(seed)), base)).toBeGreaterThanOrEqual(least)
  })
})

describe('offspring', () => {
  it('mutants keep sizes that are there: a list is cut, or goes on', () => {
    const chances = { moduleChance: 0.8, depthChance: 0.7 }
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const parent = drawSubnet(space, random(seed, 'parent'))
        const mutant = mutate(parent, space, chances, random(seed, 'mutant'))
        expectInside(mutant, space)
        for (const module of subnetModules) {
          const shared = Math.min(parent[module].length, mutant[module].length)
          expect(mutant[module].slice(0, shared)).toEqual(parent[module].slice(0, shared))
        }
      }),
    )
  })

  it('mutants change a module type as often as the chances say', () => {
    const space = subnetSpace(12)
    const parent = smallestSubnet(space)
    const stream = random(3, 'often')
    const mutants = Array.from({ length: 4000 }, () =>
      mutate(parent, space, { moduleChance: 0.2, depthChance: 0.4 }, stream),
    )
    const changed = mutants.filter(({ loraDim }) => loraDim.length !== 3).length / mutants.length
    // Three of four depths are another one.
    expect(Math.abs(changed - 0.2 * 0.4 * 0.75)).toBeLessThan(0.012)
    expect(mutate(parent, space, { moduleChance: 0, depthChance: 1 }, stream)).toEqual(parent)
  })

  it('children have each list whole, from either parent', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const stream = random(seed, 'family')
        const [mother, father] = [drawSubnet(space, stream), drawSubnet(space, stream)]
        const child = crossOver(mother, father, stream)
        for (const module of subnetModules)
          expect([mother[module], father[module]]).toContainEqual(child[module])
      }),
    )
  })
})

const published: EvolutionSettings = {
  ...{ limit: 0.64e6, population: 50, rounds: 15, best: 10, mutants: 25, crossovers: 25 },
  ...{ moduleChance: 0.2, depthChance: 0.4, seed: 0 },
}

const measure = { better: 'higher' } as const

/** As good as it is large, but for the last digits. */
const score = async (subnet: Subnet) => {
  const parameters = subnetParameters(subnet, base)
  return { score: Math.floor(parameters / 1e4) / 100, loss: 1 / parameters }
}

async function evolved(change: Partial<EvolutionSettings> = {}, space = subnetSpace(12)) {
  const parameters = (subnet: Subnet) => subnetParameters(subnet, base)
  return evolve(space, { ...published, ...change }, { measure, parameters, score })
}

describe('evolve', () => {
  it('evaluates full populations within the limit, none twice, and gets better', async () => {
    const limit = 0.4e6
    const { candidates, winner, finished } = await evolved({ limit })
    expect(finished).toBe(true)
    expect(candidates).toHaveLength(15 * 50)
    expect(new Set(candidates.map(({ subnet }) => subnetKey(subnet))).size).toBe(candidates.length)
    for (const { parameters } of candidates) expect(parameters).toBeLessThanOrEqual(limit)
    expect(winner).toBe(bestOf(candidates, measure, 1)[0])
    const first = bestOf(
      candidates.filter(({ round }) => round === 0),
      measure,
      1,
    )[0] as Candidate
    expect(winner?.score).toBeGreaterThan(first.score)
    for (const { subnet } of candidates) expectInside(subnet, subnetSpace(12))
  })

  it('makes the same of the same seed, and something else of another', async () => {
    const [a, b, c] = await Promise.all([
      evolved({ rounds: 3 }),
      evolved({ rounds: 3 }),
      evolved({ rounds: 3, seed: 1 }),
    ])
    expect(a).toEqual(b)
    expect(a.winner).not.toEqual(c.winner)
  })

  it('breeds from the best: without random candidates children are made of their lists', async () => {
    const { candidates } = await evolved({ rounds: 2, mutants: 0, crossovers: 50, moduleChance: 0 })
    const parents = bestOf(
      candidates.filter(({ round }) => round === 0),
      measure,
      10,
    )
    const children = candidates.filter(({ round }) => round === 1)
    const lists = (module: (typeof subnetModules)[number]) =>
      parents.map(({ subnet }) => subnet[module].join())
    const bred = children.filter(({ subnet }) =>
      subnetModules.every((module) => lists(module).includes(subnet[module].join())),
    )
    expect(bred.length).toBeGreaterThan(40)
  })

  it('ends where the space has nothing new, and takes the smallest where nothing else fits', async () => {
    const space = subnetSpace(1, [1, 2])
    const { candidates } = await evolved({ rounds: 4 }, space)
    expect(candidates).toHaveLength(8)
    const least = subnetParameters(smallestSubnet(subnetSpace(12)), base)
    const tight = await evolved({ limit: least })
    expect(tight.candidates.map(({ subnet }) => subnet)).toEqual([smallestSubnet(subnetSpace(12))])
  })

  it('of equal scores the smaller loss wins, then the earlier', () => {
    const one = (score: number, loss: number, round: number) => ({ score, loss, round }) as Candidate
    const all = [one(0.5, 2, 0), one(0.5, 1, 1), one(0.4, 0, 2), one(0.5, 1, 3)]
    expect(bestOf(all, measure, 3).map(({ round }) => round)).toEqual([1, 3, 0])
    expect(bestOf(all, { better: 'lower' }, 2).map(({ round }) => round)).toEqual([2, 1])
  })
})
