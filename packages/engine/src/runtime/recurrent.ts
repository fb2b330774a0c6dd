import { sizeOf, type TensorData } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import { sameShape, shapeText } from '../graph/shape.ts'
import type { OnnxModel, OnnxValue } from '../onnx/model.ts'
import { checkFeeds, type Feeds, type HeldTensor, type Program, type Session } from './program.ts'

/** The state that a program passes from one run to the next. */
export interface Carried {
  /** Name of an output by the name of the input that it becomes in the next run. */
  readonly state: Readonly<Record<string, string>>
  /** Values of those inputs in the first run. */
  readonly start: Readonly<Record<string, TensorData>>
}

/**
 * A program with state: some outputs become inputs of the next run. On WebGPU in a browser they stay on the
 * device; elsewhere they are passed on without a copy.
 */
export interface RecurrentProgram<Name extends string = string> extends Program<Name> {
  /** The current state by input name, copied to main memory. */
  state(): Promise<Record<string, TensorData>>
  /** Replaces carried values, by input, as those of a checkpoint. @throws GraphError if they do not fit */
  carry(values: Readonly<Record<string, TensorData>>): void
}

/**
 * Wraps a session as a program with state.
 * @throws GraphError where `state` and `start` do not fit the model
 */
export function createRecurrent<Name extends string>(
  { inputs, outputs }: Pick<OnnxModel, 'inputs' | 'outputs'>,
  session: Session,
  { state, start }: Carried,
): RecurrentProgram<Name> {
  checkCarried(inputs, outputs, { state, start })
  const becomes = new Map(Object.entries(state).map(([input, output]) => [output, input]))
  const carried: Record<string, TensorData | HeldTensor> = { ...start }
  const given = inputs.filter(({ name }) => !Object.hasOwn(state, name))
  const known = new Map(given.map((value) => [value.name, value]))
  const hold = new Set(becomes.keys())
  return {
    inputs: given,
    outputs: outputs.filter(({ name }) => !becomes.has(name)),
    async run(feeds: Feeds) {
      const { values, held } = await session.runHolding({ ...checkFeeds(known, feeds), ...carried }, hold)
      for (const [output, tensor] of Object.entries(held)) {
        const input = present(becomes.get(output), `the input of ${output}`)
        release(carried[input])
        carried[input] = tensor
      }
      return values as Record<Name, TensorData>
    },
    async state() {
      const read = async ([name, value]: [string, TensorData | HeldTensor]) =>
        [name, 'read' in value ? await value.read() : value] as const
      return Object.fromEntries(await Promise.all(Object.entries(carried).map(read)))
    },
    carry(values) {
      checkCarried(inputs, outputs, { state, start: { ...start, ...values } })
      replaceCarried(carried, values)
    },
    async release() {
      for (const value of Object.values(carried)) release(value)
      await session.release()
    },
  }
}

/** Releases the values that `values` replace. @throws GraphError for a name that is no state's */
function replaceCarried(
  carried: Record<string, TensorData | HeldTensor>,
  values: Readonly<Record<string, TensorData>>,
): void {
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(carried, name))
  if (unknown !== undefined)
    throw new GraphError(`carry: no state is called ${unknown}. Name the input of a state.`)
  for (const [name, value] of Object.entries(values)) {
    release(carried[name])
    carried[name] = value
  }
}

function release(value: TensorData | HeldTensor | undefined): void {
  if (value && 'release' in value) value.release()
}

function checkCarried(
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
  { state, start }: Carried,
): void {
  for (const [name, output] of Object.entries(state)) {
    const [into, from] = [
      inputs.find((each) => each.name === name),
      outputs.find((each) => each.name === output),
    ]
    if (!into || !from)
      throw new GraphError(`compile: state ${name} is to come from ${output}. Name an input and an output.`)
    if (into.dtype !== from.dtype || !sameShape(into.shape, from.shape))
      throw new GraphError(
        `compile: input ${name} is ${into.dtype} ${shapeText(into.shape)}, output ${output} is ${from.dtype} ${shapeText(from.shape)}. They must agree.`,
      )
    const first = start[name]
    if (
      first?.dtype !== into.dtype ||
      first.data.length !== sizeOf(first.shape) ||
      first.shape.join() !== into.shape.join()
    )
      throw new GraphError(
        `compile: the state ${name} starts from ${first ? `${first.dtype} ${shapeText(first.shape)}` : 'nothing'}. Give ${into.dtype} ${shapeText(into.shape)}.`,
      )
  }
}
