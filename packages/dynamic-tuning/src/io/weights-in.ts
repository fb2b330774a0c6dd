import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CheckpointError } from '../errors.ts'

/** Usual names of weight files, preferred ones first: a repository often has several. */
export const weightFiles = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const

/** Endings of weight files. */
export const weightEndings: RegExp = /\.(?:safetensors|npz|pth|pt|bin)$/

/**
 * The weight file in a folder: one of the usual names, or the only file with an ending of weight files.
 * @throws CheckpointError if there is none, or more than one to choose from
 */
export function weightsIn(folder: string): string {
  const usual = weightFiles.find((name) => existsSync(join(folder, name)))
  if (usual !== undefined) return join(folder, usual)
  const others = readdirSync(folder).filter((name) => weightEndings.test(name))
  const [only] = others
  if (only !== undefined && others.length === 1) return join(folder, only)
  throw new CheckpointError(
    others.length === 0
      ? `checkpoint: ${folder} has no model.safetensors nor other weights (.safetensors, .npz, .pth, .bin). Name the file of the weights.`
      : `checkpoint: ${folder} has no model.safetensors but ${others.join(', ')}. Name one of them.`,
  )
}
