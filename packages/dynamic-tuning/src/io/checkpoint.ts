import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError } from '../errors.ts'
import { checkpointFormOf } from '../models/checkpoint-forms.ts'
import {
  type CheckpointConfig,
  type CheckpointDescription,
  describeOwn,
  describeTimm,
} from '../models/checkpoints/checkpoint-config.ts'
import { describeHuggingFace } from '../models/checkpoints/hugging-face-config.ts'
import { refuseGatedMlps } from '../models/vit/gated-mlp.ts'
import { openTensors } from './open-tensors.ts'
import { parseJson } from './parse-json.ts'
import { readJson } from './read-json.ts'
import { renamedWeights } from './renamed-weights.ts'
import { writeSafetensors } from './safetensors-writer.ts'
import type { TensorFile } from './tensor-file.ts'
import { weightsIn } from './weights-in.ts'

/** Weights under timm's names, with what is known about their model. */
export interface Checkpoint {
  readonly path: string
  readonly tensors: Map<string, TensorData>
  readonly config: Partial<CheckpointConfig>
  readonly classes?: readonly string[]
}

const configKey = 'dynamic-tuning.config'
const classesKey = 'dynamic-tuning.classes'

/**
 * Loads the weights of a ViT or Swin from a file of any known format (safetensors, .npz of JAX, .pth or .bin
 * of PyTorch), named as by timm, Hugging Face, JAX, DINOv2 or DeiT-3, or from a folder with such a file and
 * optionally a `config.json` of Hugging Face or timm. Names are converted to timm's, all floats to float32.
 * Settings that no file gives are derived from the tensors if possible.
 * @throws CheckpointError for files that are missing, damaged, of another kind, or contain NaN or
 * infinity; ConfigError for gated MLPs
 */
export function loadCheckpointFile(path: string): Checkpoint {
  const folder = existsSync(path) && statSync(path).isDirectory()
  const file = openTensors(folder ? weightsIn(path) : path)
  try {
    const { tensors, config: found } = renamedWeights(file)
    refuseGatedMlps(file.path, tensors)
    const { config, classes } = folder ? describeFolder(path, file) : describeFile(file)
    const shown = checkpointFormOf(tensors.keys()).describe(tensors, config)
    // A headless Hugging Face config still counts two classes, so the number of
    // classes comes from the tensors.
    const known = { ...shown, ...found, ...config, numClasses: shown.numClasses ?? 0 }
    const named = classes?.length === known.numClasses
    return named
      ? { path: file.path, tensors, config: known, classes }
      : { path: file.path, tensors, config: known }
  } finally {
    file.close()
  }
}

/** Saves weights under timm's names with settings and class names; `loadCheckpointFile` reads them all. */
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

function describeFolder(folder: string, file: TensorFile): CheckpointDescription {
  const path = join(folder, 'config.json')
  if (!existsSync(path)) return describeFile(file)
  const json = readJson(path, CheckpointError)
  return z.looseObject({ architecture: z.string() }).safeParse(json).success
    ? describeTimm(path, json)
    : describeHuggingFace(path, json)
}

function describeFile({ path, metadata }: TensorFile): CheckpointDescription {
  const config = metadata[configKey]
  if (config === undefined) return { config: {} }
  const own = describeOwn(path, parse(path, configKey, config))
  const classes = z.array(z.string()).safeParse(parse(path, classesKey, metadata[classesKey] ?? 'null'))
  return classes.success ? { config: own, classes: classes.data } : { config: own }
}

function parse(path: string, key: string, text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new CheckpointError(`checkpoint: metadata "${key}" of ${path} is not JSON. Save the model again.`)
  }
}
