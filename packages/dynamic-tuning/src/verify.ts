/** Checks of the library against reference tensors. */

export type { TensorReport } from './verification/compare.ts'
export { type FixtureReport, verifyFixture } from './verification/verify.ts'
