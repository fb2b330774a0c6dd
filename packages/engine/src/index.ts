export * from './graph/dtype.ts'
export * from './graph/errors.ts'
export { type Random, random, type StreamKey } from './random/random.ts'
