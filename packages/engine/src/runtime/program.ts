import { arrayClass, sizeOf, type TensorData, type TypedArray } from '../graph/dtype.ts'
import { DTypeError, GraphError, ShapeError } from '../graph/errors.ts'
import { present } from '../graph/present.ts'
import { evaluateDim, multiplyDims, shapeText } from '../graph/shape.ts'
import type { OnnxModel, OnnxValue } from '../onnx/model.ts'
import type { PrecisionOptions } from '../precision/precision.ts'
import { bindDim, isBound, type Symbols } from './symbols.ts'

/** Where a program runs: `cpu`, `webgpu`, `cuda` in Node; `wasm`, `webgpu` in the browser. */
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'wasm'

/** How a program is compiled and run. */
export interface CompileOptions extends PrecisionOptions {
  readonly device?: Device
  /** Threads inside an operator; 0 (default) lets the runtime choose. */
  readonly threads?: number
  /** Use fused operators of ONNX Runtime where there are some. Only for inference. */
  readonly fused?: boolean
  /**
   * Let the runtime keep a second copy of the weights in another memory layout: up to a tenth faster at small
   * batches, twice the memory. Default true.
   */
  readonly prepack?: boolean
  /**
   * Let idle threads spin (busy-wait) between operators. Default true; set false if other work shares the
   * cores.
   */
  readonly spin?: boolean
  /** Write a Chrome trace with the time of every operator; the path of the file starts with this. */
  readonly profile?: string
}

/** A result that stays on the device and can be an input of a later run. */
export interface HeldTensor {
  /** Copies the values to main memory. */
  read(): Promise<TensorData>
  /** Frees the device's memory. */
  release(): void
}

/** An opened model of the underlying runtime. */
export interface Session {
  run(feeds: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>
  /** Like `run`, with results of earlier runs as inputs; outputs named in `hold` stay on the device. */
  runHolding(
    feeds: Readonly<Record<string, TensorData | HeldTensor>>,
    hold: ReadonlySet<string>,
  ): Promise<{ readonly values: Record<string, TensorData>; readonly held: Record<string, HeldTensor> }>
  release(): Promise<void>
}

/**
 * Values of one run by input name: tensors, or arrays if the shape of the input has at most one unknown
 * symbol.
 */
export type Feeds = Readonly<Record<string, TensorData | TypedArray>>

/** A compiled graph: computes outputs from inputs. */
export interface Program<Name extends string = string> {
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** @throws GraphError, ShapeError, DTypeError where inputs are missing, unknown or do not fit */
  run(feeds: Feeds): Promise<Record<Name, TensorData>>
  /** Frees the runtime's memory; the program cannot run afterwards. */
  release(): Promise<void>
}

/** Wraps a session with checks of all its inputs. */
export function createProgram<Name extends string>(
  { inputs, outputs }: Pick<OnnxModel, 'inputs' | 'outputs'>,
  session: Session,
): Program<Name> {
  const known = new Map(inputs.map((value) => [value.name, value]))
  return {
    inputs,
    outputs,
    // Async, so that refused inputs reject the promise like any other failure.
    run: async (feeds) => session.run(checkFeeds(known, feeds)) as Promise<Record<Name, TensorData>>,
    release: () => session.release(),
  }
}

/** Checks the values of a run and gives arrays their shapes. @throws as `Program.run` does */
export function checkFeeds(known: ReadonlyMap<string, OnnxValue>, feeds: Feeds): Record<string, TensorData> {
  const symbols: Symbols = Object.create(null)
  const checked: Record<string, TensorData> = {}
  for (const name of Object.keys(feeds))
    if (!known.has(name))
      throw new GraphError(
        `run: no input is called ${name}. Inputs are ${[...known.keys()].slice(0, 20).join(', ')}.`,
      )
  const shaped = [...known.values()].sort(
    (a, b) => Number(isArray(feeds[a.name])) - Number(isArray(feeds[b.name])),
  )
  for (const value of shaped) {
    const given = feeds[value.name]
    if (given === undefined)
      throw new GraphError(`run: input ${value.name} is missing. Give ${describe(value)}.`)
    const tensor = isArray(given) ? withShape(value, given, symbols) : given
    checkTensor(value, tensor, symbols)
    checked[value.name] = tensor
  }
  // All symbols that can be determined are known by now.
  for (const value of shaped) checkTensor(value, present(checked[value.name], value.name), symbols)
  return checked
}

function isArray(given: TensorData | TypedArray | undefined): given is TypedArray {
  return ArrayBuffer.isView(given)
}

function describe(value: OnnxValue): string {
  return `${value.dtype} ${shapeText(value.shape)}`
}

/** An array with the shape of the input; one unknown symbol is computed from its length. */
function withShape(value: OnnxValue, data: TypedArray, symbols: Symbols): TensorData {
  const { dtype, shape } = value
  checkArray(value, data)
  if (!bindDim(multiplyDims(...shape), data.length, symbols))
    throw new ShapeError(`run: input ${value.name} takes ${describe(value)}, got ${data.length} elements.`)
  if (shape.some((dim) => !isBound(dim, symbols)))
    throw new ShapeError(
      `run: the sizes of input ${value.name}, ${describe(value)}, are open. Give {dtype, shape, data}.`,
    )
  return { dtype, shape: shape.map((dim) => evaluateDim(dim, symbols)), data }
}

function checkArray(value: OnnxValue, data: TypedArray): void {
  if (!(data instanceof arrayClass(value.dtype)))
    throw new DTypeError(`run: input ${value.name} takes ${describe(value)}, got a ${data.constructor.name}.`)
}

function checkTensor(value: OnnxValue, tensor: TensorData, symbols: Symbols): void {
  const got = `got ${tensor.dtype} ${shapeText(tensor.shape)}`
  if (tensor.dtype !== value.dtype)
    throw new DTypeError(`run: input ${value.name} takes ${describe(value)}, ${got}. Convert it.`)
  const fits = value.shape.every((dim, axis) => bindDim(dim, tensor.shape[axis], symbols))
  checkArray(value, tensor.data)
  if (!fits || tensor.shape.length !== value.shape.length)
    throw new ShapeError(`run: input ${value.name} takes ${describe(value)}, ${got}. Check the sizes.`)
  if (tensor.data.length !== sizeOf(tensor.shape))
    throw new ShapeError(
      `run: input ${value.name} has ${tensor.data.length} elements, ${got}. Check the data.`,
    )
}
