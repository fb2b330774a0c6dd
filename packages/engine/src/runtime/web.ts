import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu'
import { GraphError } from '../graph/errors.ts'
import type { Tensor as GraphTensor } from '../graph/tensor.ts'
import { lower } from '../onnx/lower.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { encodeModel } from '../onnx/writer.ts'
import { applyPrecision } from '../precision/apply-precision.ts'
import { join, sessionOptions, weightBytes, wrapSession } from './ort.ts'
import { type CompileOptions, createProgram, type Program, type Session } from './program.ts'
import { type Carried, createRecurrent, type RecurrentProgram } from './recurrent.ts'
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
  return openModel<Name>(await lowered(outputs, options), options)
}

/**
 * Makes a program of `outputs` that carries some of them into its next run, as `state` says by input, beginning with `start`. On
 * `webgpu` they stay on the device.
 * @throws GraphError as `compile` does, and where the state does not fit the graph
 */
export async function compileRecurrent<Name extends string>(
  outputs: Readonly<Record<Name, GraphTensor>>,
  options: CompileOptions & Carried,
): Promise<RecurrentProgram<Name>> {
  const model = await lowered(outputs, options)
  const onDevice = options.device === 'webgpu' ? Object.values(options.state) : []
  return createRecurrent<Name>(model, await openSession(model, options, onDevice), options)
}

async function lowered(
  outputs: Readonly<Record<string, GraphTensor>>,
  options: CompileOptions,
): Promise<OnnxModel> {
  const settled = await withNarrowness(options, (model) => openModel(model, { device: 'wasm' }))
  return applyPrecision(lower(outputs, { fused: options.fused ?? false }), settled)
}

/** Makes a runnable program of a model read from a file. @throws GraphError as `compile` does */
export async function openModel<Name extends string>(
  model: OnnxModel,
  options: CompileOptions = {},
): Promise<Program<Name>> {
  return createProgram<Name>(model, await openSession(model, options))
}

async function openSession(
  model: OnnxModel,
  options: CompileOptions,
  onDevice: readonly string[] = [],
): Promise<Session> {
  const device = options.device ?? 'wasm'
  if (device !== 'wasm' && device !== 'webgpu')
    throw new GraphError(`compile: device ${device} is not available in a browser. Choose wasm or webgpu.`)
  if (options.threads !== undefined) env.wasm.numThreads = options.threads
  const external = weightBytes(model) > externalBytes
  const encoded = encodeModel(model, external ? externalName : undefined)
  const settings = {
    ...sessionOptions(options),
    executionProviders: [device],
    ...(onDevice.length > 0 && { preferredOutputLocation: locations(model, onDevice) }),
    ...(external ? { externalData: [{ path: externalName, data: join(encoded.external) }] } : {}),
  }
  try {
    const session = await InferenceSession.create(join(encoded.model), settings)
    return wrapSession(session, Tensor)
  } catch (error) {
    throw new GraphError(`compile: ONNX Runtime refused the model, ${(error as Error).message}`)
  }
}

/** Where each output shall lie. */
function locations(
  { outputs }: OnnxModel,
  onDevice: readonly string[],
): Record<string, 'gpu-buffer' | 'cpu'> {
  const place = (name: string) => (onDevice.includes(name) ? 'gpu-buffer' : 'cpu')
  return Object.fromEntries(outputs.map(({ name }) => [name, place(name)] as const))
}
