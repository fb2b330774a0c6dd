import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu'
import { GraphError } from '../graph/errors.ts'
import type { Tensor as GraphTensor } from '../graph/tensor.ts'
import { lower } from '../onnx/lower.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { encodeModel } from '../onnx/writer.ts'
import { applyPrecision } from '../precision/apply-precision.ts'
import { join, sessionOptions, weightBytes, wrapSession } from './ort.ts'
import { type CompileOptions, createProgram, type Program } from './program.ts'
import { withNarrowness } from './saturation.ts'

/** Above this many bytes weights are handed over beside the model, which protobuf limits to 2 GB. */
const externalBytes = 64 * 2 ** 20
const externalName = 'weights.bin'

/**
 * Makes a runnable program of `outputs` and all they reach, on `wasm` (default) or `webgpu`.
 * @throws GraphError where the device is missing or the runtime refuses the graph.
 */
export async function compile<Name extends string>(
  outputs: Readonly<Record<Name, GraphTensor>>,
  options: CompileOptions = {},
): Promise<Program<Name>> {
  const { fused = false } = options
  const settled = await withNarrowness(options, (model) => openModel(model, { device: 'wasm' }))
  return openModel<Name>(applyPrecision(lower(outputs, { fused }), settled), options)
}

/** Makes a runnable program of a model read from a file. @throws GraphError as `compile` does */
export async function openModel<Name extends string>(
  model: OnnxModel,
  options: CompileOptions = {},
): Promise<Program<Name>> {
  const device = options.device ?? 'wasm'
  if (device !== 'wasm' && device !== 'webgpu')
    throw new GraphError(`compile: device ${device} is not available in a browser. Choose wasm or webgpu.`)
  if (options.threads !== undefined) env.wasm.numThreads = options.threads
  const external = weightBytes(model) > externalBytes
  const encoded = encodeModel(model, external ? externalName : undefined)
  const settings = {
    ...sessionOptions(options),
    executionProviders: [device],
    ...(external ? { externalData: [{ path: externalName, data: join(encoded.external) }] } : {}),
  }
  try {
    const session = await InferenceSession.create(join(encoded.model), settings)
    return createProgram<Name>(model, wrapSession(session, Tensor))
  } catch (error) {
    throw new GraphError(`compile: ONNX Runtime refused the model, ${(error as Error).message}`)
  }
}
