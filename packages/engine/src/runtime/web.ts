import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu'
import { GraphError } from '../graph/errors.ts'
import { messageOf } from '../graph/message-of.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { encodeModel } from '../onnx/writer.ts'
import { entryOf, type RuntimeEntry } from './entry.ts'
import { join, sessionOptions, weightBytes, wrapSession } from './ort.ts'
import type { CompileOptions, Session } from './program.ts'

/** Above this many bytes, weights are passed apart from the model, because protobuf is limited to 2 GB. */
const externalBytes = 64 * 2 ** 20
const externalName = 'weights.bin'

const entry: RuntimeEntry = entryOf({ openSession, trial: { device: 'wasm' } })
/** See `RuntimeEntry`; on `wasm` (default) or `webgpu`. */
export const compile: RuntimeEntry['compile'] = entry.compile
/** See `RuntimeEntry`. */
export const compileRecurrent: RuntimeEntry['compileRecurrent'] = entry.compileRecurrent
/** See `RuntimeEntry`. */
export const openModel: RuntimeEntry['openModel'] = entry.openModel

async function openSession(
  model: OnnxModel,
  options: CompileOptions,
  onDevice: readonly string[],
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
    ...(device === 'webgpu' &&
      onDevice.length > 0 && { preferredOutputLocation: locations(model, onDevice) }),
    ...(external ? { externalData: [{ path: externalName, data: join(encoded.external) }] } : {}),
  }
  try {
    const session = await InferenceSession.create(join(encoded.model), settings)
    return wrapSession(session, Tensor)
  } catch (error) {
    throw new GraphError(`compile: ONNX Runtime refused the model, ${messageOf(error)}`)
  }
}

/** Where each output is to be stored. */
function locations(
  { outputs }: OnnxModel,
  onDevice: readonly string[],
): Record<string, 'gpu-buffer' | 'cpu'> {
  const place = (name: string) => (onDevice.includes(name) ? 'gpu-buffer' : 'cpu')
  return Object.fromEntries(outputs.map(({ name }) => [name, place(name)] as const))
}
