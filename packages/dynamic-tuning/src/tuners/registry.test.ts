import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { tunerNamed, tuners } from './registry.ts'

describe('tuners', () => {
  it('are found by name, and named once', () => {
    for (const tuner of tuners) expect(tunerNamed(tuner.name)).toBe(tuner)
    expect(new Set(tuners.map(({ name }) => name)).size).toBe(tuners.length)
    expect(() => tunerNamed('dty')).toThrow(ConfigError)
    expect(() => tunerNamed('dty')).toThrow(/linear, full, adapter-houlsby, .*adaptformer/)
  })

  it('every method trains the head', () => {
    for (const tuner of tuners) {
      const { tunable } = network({ ...modelOf(tiny), tuner })
      expect(tunable.some((pattern) => pattern.test('head.weight'))).toBe(true)
      // The head says so itself, whatever it is called.
      const head = { ...modelOf(tiny).head, own: [/^decoder\./] }
      const other = network({ ...modelOf(tiny), head, tuner }).tunable
      expect(other.some((pattern) => pattern.test('decoder.weight'))).toBe(true)
      expect(other.some((pattern) => pattern.test('head.weight'))).toBe(/full$/.test(tuner.name))
    }
  })

  it('have an equation, a formula and, but for the plain ones, a paper', () => {
    for (const { name, equation, parameterFormula, paper } of tuners) {
      expect(equation.length).toBeGreaterThan(10)
      expect(parameterFormula).not.toBe('')
      if (!['linear', 'full'].includes(name)) expect(paper).toMatch(/^arXiv:\d{4}\.\d{5}$/)
    }
  })
})
