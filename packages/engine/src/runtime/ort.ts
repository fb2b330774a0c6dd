import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common'
import { bytesPerElement, sizeOf, type TensorData, toBytes } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import type { OnnxModel } from '../onnx/model.ts'
import type { CompileOptions, HeldTensor, Session } from './program.ts'

/** Session options that Node and the browser share. */
export function sessionOptions(options: CompileOptions): InferenceSession.SessionOptions {
  const { threads = 0, prepack = true, spin = true, profile } = options
  return {
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(threads > 0 ? { intraOpNumThreads: threads, interOpNumThreads: 1 } : {}),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    extra: {
      session: {
        ...(prepack ? {} : { disable_prepacking: '1' }),
        ...(spin ? {} : { intra_op: { allow_spinning: '0' } }),
      },
    },
  }
}

/** Bytes of all weights of a model. */
export function weightBytes(model: OnnxModel): number {
  let sum = 0
  for (const { dtype, shape } of model.initializers.values()) sum += sizeOf(shape) * bytesPerElement(dtype)
  return sum
}

/** Concatenates the pieces of a file. */
export function join(pieces: Iterable<Uint8Array>): Uint8Array {
  const all = [...pieces]
  const joined = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of all) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** Wraps an ONNX Runtime session: typed arrays in, typed arrays out. */
export function wrapSession(session: InferenceSession, Tensor: TensorConstructor, profiled = false): Session {
  let released = false
  const runHolding: Session['runHolding'] = async (feeds, hold) => {
    if (released) throw new GraphError('run: the program was released. Compile it again.')
    const inputs: Record<string, OrtTensor> = {}
    for (const [name, given] of Object.entries(feeds))
      inputs[name] = 'data' in given ? makeTensor(Tensor, given) : heldTensor(given)
    const results = await session.run(inputs).catch((error: Error) => {
      throw new GraphError(`run: ONNX Runtime failed, ${error.message}`)
    })
    const [held, values]: [[string, HeldTensor][], Promise<[string, TensorData]>[]] = [[], []]
    for (const [name, tensor] of Object.entries(results))
      if (hold.has(name)) held.push([name, new Held(tensor)])
      else values.push(read(tensor, true).then((value) => [name, value]))
    return { values: Object.fromEntries(await Promise.all(values)), held: Object.fromEntries(held) }
  }
  return {
    runHolding,
    run: async (feeds) => (await runHolding(feeds, new Set())).values,
    async release() {
      if (released) return
      released = true
      if (profiled) session.endProfiling()
      await session.release()
    },
  }
}

function makeTensor(Tensor: TensorConstructor, { dtype, data, shape }: TensorData): OrtTensor {
  const made = new Tensor(dtype, data as never, shape)
  // Where there is a Float16Array, as in Node 24, the tensor holds one, which the native runtime cannot read.
  if (dtype === 'float16') Object.defineProperty(made, 'data', { value: data })
  return made
}

function heldTensor(given: HeldTensor): OrtTensor {
  if (given instanceof Held) return given.tensor
  throw new GraphError('run: the held tensor is not from this runtime. Give one that a run returned.')
}

/** A result that stays on the device. */
class Held implements HeldTensor {
  constructor(readonly tensor: OrtTensor) {}

  read(): Promise<TensorData> {
    // Stays on the device, for the next run.
    return read(this.tensor, false)
  }

  release(): void {
    this.tensor.dispose()
  }
}

async function read(tensor: OrtTensor, release: boolean): Promise<TensorData> {
  const data = (await tensor.getData(release)) as TensorData['data']
  const value = { dtype: tensor.type, shape: tensor.dims, data } as TensorData
  return value.dtype === 'float16' ? { ...value, data: halves(value) } : value
}

/** Half-precision elements as raw bits; the array class depends on the runtime. */
function halves({ data }: TensorData): Uint16Array {
  const bytes = toBytes(data)
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
}
