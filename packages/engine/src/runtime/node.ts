import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
import { GraphError } from '../graph/errors.ts'
import type { Tensor as GraphTensor } from '../graph/tensor.ts'
import { writeModel } from '../onnx/file.ts'
import { lower } from '../onnx/lower.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { encodeModel } from '../onnx/writer.ts'
import { applyPrecision } from '../precision/apply-precision.ts'
import { join, sessionOptions, weightBytes, wrapSession } from './ort.ts'
import { type CompileOptions, createProgram, type Device, type Program, type Session } from './program.ts'
import { type Carried, createRecurrent, type RecurrentProgram } from './recurrent.ts'
import { withNarrowness } from './saturation.ts'

/** Above this many bytes of weights a model is opened from files, which the system maps instead of copying. */
const mappedBytes = 64 * 2 ** 20

/**
 * Makes a runnable program of `outputs` and all they reach, on `cpu` (default), `webgpu` or `cuda`.
 * @throws GraphError where the device is missing or the runtime refuses the graph.
 */
export async function compile<Name extends string>(
  outputs: Readonly<Record<Name, GraphTensor>>,
  options: CompileOptions = {},
): Promise<Program<Name>> {
  return openModel<Name>(await lowered(outputs, options), options)
}

/**
 * Makes a program of `outputs` that carries some of them into its next run, as `state` says by input, beginning with `start`. In Node
 * they lie in memory between runs, whatever the device.
 * @throws GraphError as `compile` does, and where the state does not fit the graph
 */
export async function compileRecurrent<Name extends string>(
  outputs: Readonly<Record<Name, GraphTensor>>,
  options: CompileOptions & Carried,
): Promise<RecurrentProgram<Name>> {
  const model = await lowered(outputs, options)
  return createRecurrent<Name>(model, await openSession(model, options), options)
}

async function lowered(
  outputs: Readonly<Record<string, GraphTensor>>,
  options: CompileOptions,
): Promise<OnnxModel> {
  const settled = await withNarrowness(options, (model) => openModel(model, { threads: 1 }))
  return applyPrecision(lower(outputs, { fused: options.fused ?? false }), settled)
}

/** Makes a runnable program of a model read from a file. @throws GraphError as `compile` does */
export async function openModel<Name extends string>(
  model: OnnxModel,
  options: CompileOptions = {},
): Promise<Program<Name>> {
  return createProgram<Name>(model, await openSession(model, options))
}

async function openSession(model: OnnxModel, options: CompileOptions): Promise<Session> {
  const device = checkDevice(options.device ?? 'cpu')
  const settings = { ...sessionOptions(options), executionProviders: [device] }
  const session = await (weightBytes(model) > mappedBytes ? openMapped : openInline)(model, settings)
  return wrapSession(session, Tensor, options.profile !== undefined)
}

/** Opens a model file written earlier, its external weights lying beside it. */
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
    throw new GraphError(`compile: ONNX Runtime refused the model, ${(error as Error).message}`)
  }
}
