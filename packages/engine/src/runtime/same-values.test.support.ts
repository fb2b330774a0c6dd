import { expect } from 'vitest'
import { expectAllclose, type Plain } from '../testing/index.ts'

/** Fails where the values of a device differ from those of the CPU by more than 1e-3; names the outputs. */
export function expectSameValues(found: Record<string, Plain>, wanted: Record<string, Plain>): void {
  expect(Object.keys(wanted).length).toBeGreaterThan(50)
  expect(
    Object.values(wanted)
      .flatMap(({ data }) => data)
      .filter(Number.isFinite).length,
  ).toBeGreaterThan(1500)
  const wrong = Object.entries(wanted).flatMap(([name, value]) => {
    try {
      expectAllclose(found[name] as Plain, value, { rtol: 1e-3, atol: 1e-4 })
      return []
    } catch (error) {
      return [`${name}: ${(error as Error).message}`]
    }
  })
  expect(wrong).toEqual([])
}
