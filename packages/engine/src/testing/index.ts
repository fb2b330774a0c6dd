export { expectAllclose, type Tolerance, type Values } from './allclose.ts'
export { type Build, type CheckOptions, checkOperator, type Reference } from './check-operator.ts'
export { describeOp, type OpCase, type OpSuite } from './describe-op.ts'
export { at, drawn, elementwise, fill, type Plain, plain, tensor } from './plain.ts'
