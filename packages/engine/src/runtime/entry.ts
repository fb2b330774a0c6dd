import type { Tensor } from '../graph/tensor.ts'
import { lower } from '../onnx/lower.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { applyPrecision } from '../precision/apply-precision.ts'
import { type CompileOptions, createProgram, type Program, type Session } from './program.ts'
import { type Carried, createRecurrent, type RecurrentProgram } from './recurrent.ts'
import { withNarrowness } from './saturation.ts'

/** The parts that differ between Node and the browser. */
export interface Runtime {
  /** Opens a model; outputs named in `onDevice` stay on the device if the runtime supports it. */
  openSession(model: OnnxModel, options: CompileOptions, onDevice: readonly string[]): Promise<Session>
  /** Options for the small model that tests the processor. */
  readonly trial: CompileOptions
}

/** The functions of the engine that run programs. */
export interface RuntimeEntry {
  /**
   * Compiles `outputs` and everything that they depend on to a program.
   * @throws GraphError where the device is missing or the runtime refuses the graph
   */
  compile<Name extends string>(
    outputs: Readonly<Record<Name, Tensor>>,
    options?: CompileOptions,
  ): Promise<Program<Name>>
  /**
   * Compiles `outputs` to a program that passes some of them to its next run: `state` names the output that
   * becomes each input, `start` has the first values. On WebGPU in a browser they stay on the device; in Node
   * they are in main memory between runs on any device.
   * @throws GraphError as `compile` does, and where the state does not fit the graph
   */
  compileRecurrent<Name extends string>(
    outputs: Readonly<Record<Name, Tensor>>,
    options: CompileOptions & Carried,
  ): Promise<RecurrentProgram<Name>>
  /** Opens a model that was read from a file. @throws GraphError as `compile` does */
  openModel<Name extends string>(model: OnnxModel, options?: CompileOptions): Promise<Program<Name>>
}

/** Builds the functions from what a runtime provides. */
export function entryOf({ openSession, trial }: Runtime): RuntimeEntry {
  const openModel: RuntimeEntry['openModel'] = async (model, options = {}) =>
    createProgram(model, await openSession(model, options, []))
  const lowered = async (
    outputs: Readonly<Record<string, Tensor>>,
    options: CompileOptions,
  ): Promise<OnnxModel> => {
    const decided = await withNarrowness(options, (model) => openModel(model, trial))
    return applyPrecision(lower(outputs, { fused: options.fused ?? false }), decided)
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
