import { describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { EngineError } from '../graph/errors.ts'
import { type Build, type CheckOptions, checkOperator, type Reference } from './check-operator.ts'

/** One set of inputs; its options override those of the suite. */
export interface OpCase extends CheckOptions {
  readonly name?: string
  readonly inputs: readonly TensorData[]
}

/** The tests of one operator. */
export interface OpSuite extends CheckOptions {
  readonly cases: readonly OpCase[]
  readonly reference: Reference
  /** Graphs that cannot be built: an EngineError with this message is expected. */
  readonly throws?: readonly { readonly build: () => unknown; readonly error: RegExp }[]
}

/**
 * Declares the tests of one operator: values against a plain-loop float64 reference, gradients by central
 * differences for every input, linearity in dy, and the errors it throws.
 */
export function describeOp(name: string, build: Build, suite: OpSuite): void {
  const { cases, reference, throws = [], ...shared } = suite
  describe(name, () => {
    for (const { name: label, inputs, ...own } of cases) {
      const options = { ...shared, ...own }
      const shapes = inputs.map(({ shape }, i) => `[${options.shapes?.[i] ?? shape}]`).join(' ')
      it(`${label ?? ''} ${shapes}`.trim(), () => checkOperator(build, inputs, reference, options))
    }
    for (const { build: refused, error } of throws)
      it(`refuses: ${error.source}`, () => {
        expect(refused).toThrow(EngineError)
        expect(refused).toThrow(error)
      })
  })
}
