import { describe, expect, it } from 'vitest'
import {
  compileSurface,
  documentedCode,
  entries,
  errorsIn,
  examplesOf,
  exportsOf,
  fileOf,
  mentioned,
  referenced,
} from './surface.test.support.ts'

/** What a document's code takes for granted. */
const given = `declare const weights: ReadonlyMap<string, import('@dynamic-tuning/engine').TensorData>
declare const images: Float32Array
declare const labels: readonly number[]
`
/** The functions that people start with. */
const first = [
  ...['finetune', 'openRun', 'evaluateRun', 'predictImages', 'explainRun', 'calibrateRun', 'exportModel'],
  ...['modelCost', 'compare', 'sweep', 'openDataset', 'network'],
]

const alone = compileSurface()
const examples = examplesOf(alone)
const documents = documentedCode().map(({ name, code }) => ({ name, code: code + given }))
const all = [...examples, ...documents]
const program = compileSurface(all, alone)
const checker = program.getTypeChecker()
const exported = exportsOf(program)
const namesIn = (path: string): Set<string> =>
  new Set(exported.filter(({ entry }) => entry === path).map(({ symbol }) => symbol.name))

describe('the public surface', () => {
  it('has at most 120 names in the index', () => {
    const names = namesIn('dynamic-tuning')
    expect(names).toContain('finetune')
    expect(names.size).toBeLessThanOrEqual(120)
  })

  it('exports every type that a signature mentions', () => {
    const known = new Set(exported.map(({ symbol }) => symbol))
    const missing = exported.flatMap((each) =>
      [...mentioned(checker, each)]
        .filter((type) => !known.has(type))
        .map((type) => `${each.entry}: ${each.symbol.name} mentions ${type.name} of ${fileOf(type)}`),
    )
    expect([...new Set(missing)]).toEqual([])
  })

  it('exports from the index what runs and studies mention, so that one import is enough', () => {
    const index = exported.filter(({ entry }) => entry === 'dynamic-tuning')
    const known = new Set(index.map(({ symbol }) => symbol))
    const ofRuns = index.filter(({ symbol }) =>
      /^dynamic-tuning\/src\/(run|study|export|cost)\//.test(fileOf(symbol)),
    )
    const missing = ofRuns.flatMap((each) =>
      [...mentioned(checker, each)]
        .filter((type) => !known.has(type))
        .map((type) => `${each.symbol.name} mentions ${type.name} of ${fileOf(type)}`),
    )
    expect(missing).toEqual([])
  })

  it('is what the API reference describes', () => {
    expect(referenced()).toEqual([...entries.values()].sort())
  })

  it('has an example at each function that people start with', () => {
    expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(first))
  })

  it.each(all.map(({ name }, number) => [name, number] as const))('compiles %s', (_name, number) => {
    expect(errorsIn(program, number)).toEqual([])
  })
})
