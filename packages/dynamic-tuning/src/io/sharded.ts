import { dirname, join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError } from '../errors.ts'
import { readJson } from './read-json.ts'
import type { TensorFile } from './tensor-file.ts'

const schema = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

/**
 * Reads an index (`model.safetensors.index.json`): the file of each tensor.
 * @throws CheckpointError if it is no such index, or names files outside its folder
 */
export function readShardIndex(path: string): Record<string, string> {
  const result = schema.safeParse(readJson(path, CheckpointError))
  if (!result.success)
    throw new CheckpointError(
      `checkpoint: ${path} has no weight_map of tensors to files, so it is no index of weights. Name the file of the weights.`,
    )
  const { weight_map: files } = result.data
  for (const [tensor, file] of Object.entries(files)) {
    if (/^[\w][\w.-]*$/.test(file)) continue
    throw new CheckpointError(
      `checkpoint: ${path} puts "${tensor}" into ${JSON.stringify(file)}, expected a file of its own folder.`,
    )
  }
  return files
}

/**
 * Opens the weight files of an index as one.
 * @throws CheckpointError if a file or a tensor in it is missing
 */
export function openSharded(path: string, open: (path: string) => TensorFile): TensorFile {
  const files = readShardIndex(path)
  const shards = new Map<string, TensorFile>()
  const close = (): void => {
    for (const shard of shards.values()) shard.close()
  }
  try {
    for (const file of new Set(Object.values(files))) shards.set(file, open(join(dirname(path), file)))
    const tensors = new Map<string, { readonly shape: readonly number[] }>()
    for (const [name, file] of Object.entries(files)) {
      const described = shards.get(file)?.tensors.get(name)
      if (described === undefined)
        throw new CheckpointError(`checkpoint: ${path} promises "${name}" in ${file}, which lacks it.`)
      tensors.set(name, described)
    }
    const holding = (name: string): TensorFile => {
      const shard = shards.get(files[name] ?? '')
      if (shard) return shard
      throw new CheckpointError(`checkpoint: ${path} has no tensor "${name}". Is it the right file?`)
    }
    const read = (name: string): TensorData => holding(name).read(name)
    const onDemand = (name: string): TensorData | undefined => holding(name).onDemand?.(name)
    const [first] = shards.values()
    return { path, tensors, metadata: first?.metadata ?? {}, read, onDemand, close }
  } catch (error) {
    close()
    throw error
  }
}
