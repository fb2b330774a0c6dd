import type { Tensor } from '../graph/tensor.ts'
import { lower } from '../onnx/lower.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { applyPrecision } from '../precision/apply-precision.ts'
import { type CompileOptions, createProgram, type Program, type Session } from './program.ts'
import { type Carried, createRecurrent, type RecurrentProgram } from './recurrent.ts'
import { withNarrowness } from './saturation.ts'

/** What Node and the browser differ in. */
export interface Runtime {
  /** Opens a model; outputs named in `onDevice` shall stay there, where the runtime can. */
  openSession(model: OnnxModel, options: CompileOptions, onDevice: readonly string[]): Promise<Session>
  /** How a small model is opened to try out what the machine does. */
  readonly trial: CompileOptions
}

/** What a runtime offers. */
export interface RuntimeEntry {
  /**
   * Makes a runnable program of `outputs` and all they reach.
   * @throws GraphError where the device is missing or the runtime refuses the graph.
   */
  compile<Name extends string>(
    outputs: Readonly<Record<Name, Tensor>>,
    options?: CompileOptions,
  ): Promise<Program<Name>>
  /**
   * Makes a program of `outputs` that carries some of them into its next run, as `state` says by input, beginning with `start`. On
   * WebGPU in a browser they stay on the device; in Node they lie in memory between runs, whatever the device.
   * @throws GraphError as `compile` does, and where the state does not fit the graph
   */
  compileRecurrent<Name extends string>(
    outputs: Readonly<Record<Name, Tensor>>,
    options: CompileOptions & Carried,
  ): Promise<RecurrentProgram<Name>>
  /** Makes a runnable program of a model read from a file. @throws GraphError as `compile` does */
  openModel<Name extends string>(model: OnnxModel, options?: CompileOptions): Promise<Program<Name>>
}

/** The functions of a runtime. */
export function entryOf({ openSession, trial }: Runtime): RuntimeEntry {
  const openModel: RuntimeEntry['openModel'] = async (model, options = {}) =>
    createProgram(model, await openSession(model, options, []))
  const lowered = async (
    outputs: Readonly<Record<string, Tensor>>,
    options: CompileOptions,
  ): Promise<OnnxModel> => {
    const settled = await withNarrowness(options, (model) => openModel(model, trial))
    return applyPrecision(lower(outputs, { fused: options.fused ?? false }), settled)
  }
  return {
    openModel,
    compile: async (outputs, options = {}) => openModel(await lowered(outputs, options), options),
    async compileRecurrent(outputs, options) {
      const model = await lowered(outputs, options)
      return createRecurrent(model, await openSession(model, options, Object.values(options.state)), options)
    },
  }
}
