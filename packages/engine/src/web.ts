export * from './common.ts'
export { compile, compileRecurrent, openModel } from './runtime/web.ts'
