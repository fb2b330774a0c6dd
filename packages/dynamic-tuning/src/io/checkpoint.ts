import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError } from '../errors.ts'
import {
  type CheckpointConfig,
  type CheckpointDescription,
  describeOwn,
  describeTensors,
  describeTimm,
} from '../models/checkpoint-config.ts'
import { fromHuggingFaceNames, hasHuggingFaceNames } from '../models/checkpoint-names.ts'
import { refuseGatedMlps } from '../models/gated-mlp.ts'
import { describeHuggingFace } from '../models/hugging-face-config.ts'
import { fromOriginalNames } from '../models/original-names.ts'
import { readJson } from './read-json.ts'
import { openSafetensors, type SafetensorsFile } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

/** Weights under timm names, with what is known about their model. */
export interface Checkpoint {
  readonly path: string
  readonly tensors: Map<string, TensorData>
  readonly config: Partial<CheckpointConfig>
  readonly classes?: readonly string[]
}

const configKey = 'dynamic-tuning.config'
const classesKey = 'dynamic-tuning.classes'

/**
 * Loads the weights of a ViT from a safetensors file (timm, Hugging Face, DINOv2's and DeiT-3's own names, or saved here) or
 * from a folder with `model.safetensors` and, if there is one, `config.json` of Hugging Face or timm. Names become timm's,
 * F16 and BF16 become float32; settings that no file tells are read off the tensors where they can be.
 * @throws CheckpointError for files that are missing, damaged, of another kind, or hold NaN or infinity; ConfigError
 * for gated MLPs
 */
export function loadCheckpointFile(path: string): Checkpoint {
  const folder = existsSync(path) && statSync(path).isDirectory()
  const file = openSafetensors(folder ? weightsIn(path) : path)
  try {
    const stored = file.readAll()
    checkFinite(file.path, stored)
    const tensors = hasHuggingFaceNames(stored.keys())
      ? fromHuggingFaceNames(stored)
      : fromOriginalNames(stored)
    refuseGatedMlps(file.path, tensors)
    const { config, classes } = folder ? describeFolder(path, file) : describeFile(file)
    const known = { ...describeTensors(tensors, config), ...config }
    // A headless Hugging Face config still counts two classes: what the tensors say holds.
    known.numClasses = tensors.get('head.weight')?.shape[0] ?? 0
    const named = classes?.length === known.numClasses
    return named
      ? { path: file.path, tensors, config: known, classes }
      : { path: file.path, tensors, config: known }
  } finally {
    file.close()
  }
}

/** Saves weights under timm names with their settings and class names, so that `loadCheckpointFile` finds both. */
export function saveCheckpointFile(
  path: string,
  checkpoint: {
    readonly tensors: Iterable<readonly [string, TensorData]>
    readonly config: object
    readonly classes?: readonly string[]
  },
  dtype?: 'float16',
): void {
  const { tensors, config, classes } = checkpoint
  const metadata = {
    format: 'pt',
    [configKey]: JSON.stringify(config),
    ...(classes && { [classesKey]: JSON.stringify(classes) }),
  }
  writeSafetensors(path, tensors, dtype ? { metadata, dtype } : { metadata })
}

function weightsIn(folder: string): string {
  const path = join(folder, 'model.safetensors')
  if (existsSync(path)) return path
  throw new CheckpointError(
    `checkpoint: ${folder} has no model.safetensors. Name the .safetensors file, or convert the weights to this format.`,
  )
}

function describeFolder(folder: string, file: SafetensorsFile): CheckpointDescription {
  const path = join(folder, 'config.json')
  if (!existsSync(path)) return describeFile(file)
  const json = readJson(path, CheckpointError)
  return z.looseObject({ architecture: z.string() }).safeParse(json).success
    ? describeTimm(path, json)
    : describeHuggingFace(path, json)
}

function describeFile({ path, metadata }: SafetensorsFile): CheckpointDescription {
  const config = metadata[configKey]
  if (config === undefined) return { config: {} }
  const own = describeOwn(path, parse(path, configKey, config))
  const classes = z.array(z.string()).safeParse(parse(path, classesKey, metadata[classesKey] ?? 'null'))
  return classes.success ? { config: own, classes: classes.data } : { config: own }
}

function parse(path: string, key: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CheckpointError(`checkpoint: metadata "${key}" of ${path} is not JSON. Save the model again.`)
  }
}

function checkFinite(path: string, tensors: ReadonlyMap<string, TensorData>): void {
  for (const [name, { dtype, data }] of tensors) {
    if (dtype !== 'float32' && dtype !== 'float64') continue
    const values = data as Float32Array | Float64Array
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue
      throw new CheckpointError(
        `checkpoint: tensor "${name}" of ${path} holds ${values[i]} at element ${i}. Use weights from before training diverged.`,
      )
    }
  }
}
