export * from './common.ts'
export { readModelFile, type WriteModelOptions, writeModel } from './onnx/file.ts'
export { compile, compileRecurrent, openModel, openModelFile } from './runtime/node.ts'
