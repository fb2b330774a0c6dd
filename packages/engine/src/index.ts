export * from './graph/dtype.ts'
export * from './graph/errors.ts'
