export * from './common.ts'
export { compile, openModel } from './runtime/web.ts'
