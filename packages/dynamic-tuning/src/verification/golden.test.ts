import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSafetensors } from '../io/safetensors.ts'
import { openFixture } from './fixture.ts'
import { allReferences, extra, reference } from './reference.test.support.ts'
import { fixtureKinds, kindOf } from './registry.ts'

const files = readdirSync(reference, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(json|safetensors)$/.test(name))
  .sort()
const folders = files.filter((name) => name.endsWith('config.json')).map((name) => dirname(name))

describe('the reference tensors of the project', () => {
  it('are small: they come with every clone', () => {
    const bytes = files.reduce((sum, name) => sum + statSync(join(reference, name)).size, 0)
    expect(bytes).toBeLessThan(8.4e6)
  })

  it('have a fixture for each kind, with something to compare in each', () => {
    expect(folders).toHaveLength(32)
    const opened = folders.map((name) => openFixture(join(reference, name)))
    for (const fixture of opened) {
      const more = kindOf(fixture).moreExpected?.(fixture).size ?? 0
      expect(fixture.expected.size + more, fixture.folder).toBeGreaterThanOrEqual(5)
    }
    const kinds = new Set(opened.map((fixture) => kindOf(fixture).name))
    expect([...kinds].sort()).toEqual(fixtureKinds.map(({ name }) => name).sort())
  })

  it.each(extra(...files))('equal those that they were made from: %s', (name) => {
    const [own, origin] = [join(reference, name), join(allReferences, name)]
    if (name.endsWith('.json')) expect(readFileSync(own)).toEqual(readFileSync(origin))
    else {
      const tensors = readSafetensors(origin)
      for (const [tensor, value] of readSafetensors(own)) expect(tensors.get(tensor), tensor).toEqual(value)
    }
  })
})

it.each(extra('spec/tables.json'))('figures in print equal those that they were copied from: %s', (name) => {
  const own = readFileSync(join(reference, '../paper/tables.json'))
  expect(own).toEqual(readFileSync(join(allReferences, '..', name)))
})
