import type { CompileOptions, TensorData } from '@dynamic-tuning/engine'
import type { Produced } from './compare.ts'
import type { Fixture } from './fixture.ts'

/** How to run fixtures of one kind. A new kind is one file with this, and one line in the registry. */
export interface FixtureKind {
  readonly name: string
  /** True if a fixture's `config.json` is of this kind. */
  matches(config: unknown): boolean
  /** Expected tensors in addition to `expected.safetensors`, from files that only this kind has. */
  moreExpected?(fixture: Fixture): ReadonlyMap<string, TensorData>
  /** Runs the fixture with the code that users run. @throws ConfigError for unsupported settings */
  produce(fixture: Fixture, compile: CompileOptions): Promise<Produced>
}
