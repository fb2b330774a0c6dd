import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
import { GraphError } from '../graph/errors.ts'
import { messageOf } from '../graph/message-of.ts'
import { writeModel } from '../onnx/file.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { encodeModel } from '../onnx/writer.ts'
import { entryOf, type RuntimeEntry } from './entry.ts'
import { join, sessionOptions, weightBytes, wrapSession } from './ort.ts'
import type { CompileOptions, Device, Session } from './program.ts'

/**
 * Above this many bytes of weights, a model is opened from files: the system maps them into memory without a
 * copy.
 */
const mappedBytes = 64 * 2 ** 20

const entry: RuntimeEntry = entryOf({ openSession, trial: { threads: 1 } })
/** See `RuntimeEntry`; on `cpu` (default), `webgpu` or `cuda`. */
export const compile: RuntimeEntry['compile'] = entry.compile
/** See `RuntimeEntry`. */
export const compileRecurrent: RuntimeEntry['compileRecurrent'] = entry.compileRecurrent
/** See `RuntimeEntry`. */
export const openModel: RuntimeEntry['openModel'] = entry.openModel

async function openSession(model: OnnxModel, options: CompileOptions): Promise<Session> {
  const device = checkDevice(options.device ?? 'cpu')
  const settings = { ...sessionOptions(options), executionProviders: [device] }
  const session = await (weightBytes(model) > mappedBytes ? openMapped : openInline)(model, settings)
  return wrapSession(session, Tensor, options.profile !== undefined)
}

/** Opens a model file; its external weights must be in the same folder. */
export async function openModelFile(path: string, options: CompileOptions = {}): Promise<Session> {
  const device = checkDevice(options.device ?? 'cpu')
  const settings = { ...sessionOptions(options), executionProviders: [device] }
  return wrapSession(await open(path, settings), Tensor)
}

function checkDevice(device: Device): Device {
  const supported = listSupportedBackends().map((backend) => backend.name)
  if (!supported.includes(device))
    throw new GraphError(
      `compile: device ${device} is not available here. Choose one of ${supported.join(', ')}.`,
    )
  return device
}

async function openInline(
  model: OnnxModel,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return open(join(encodeModel(model).model), settings)
}

async function openMapped(
  model: OnnxModel,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const folder = mkdtempSync(joinPath(tmpdir(), 'dynamic-tuning-'))
  try {
    const path = joinPath(folder, 'model.onnx')
    writeModel(path, model, { external: true })
    return await open(path, settings)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function open(
  source: string | Uint8Array,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return typeof source === 'string'
      ? await InferenceSession.create(source, settings)
      : await InferenceSession.create(source, settings)
  } catch (error) {
    throw new GraphError(`compile: ONNX Runtime refused the model, ${messageOf(error)}`)
  }
}
