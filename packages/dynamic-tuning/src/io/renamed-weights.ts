import { hasDType, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'
import { fromHuggingFaceNames, hasHuggingFaceNames } from '../models/checkpoints/checkpoint-names.ts'
import {
  fromJaxNames,
  hasJaxNames,
  type NamedWeights,
  type RenamedWeights,
} from '../models/checkpoints/jax-names.ts'
import { fromOriginalNames } from '../models/checkpoints/original-names.ts'
import { fromSwinNames, hasSwinTables } from '../models/swin/swin-tensors.ts'
import { readAll, type TensorFile } from './tensor-file.ts'

/** A naming scheme for the weights of a backbone, and its conversion to timm's. */
interface Naming {
  has(names: Iterable<string>): boolean
  rename(weights: TensorFile): RenamedWeights
}

/** Naming schemes other than timm's; the first match is used. */
const namings: readonly Naming[] = [
  { has: hasSwinTables, rename: (weights) => ({ tensors: fromSwinNames(readAll(weights)), config: {} }) },
  { has: hasJaxNames, rename: (weights) => fromJaxNames(weights) },
  {
    has: hasHuggingFaceNames,
    rename: (weights) => ({ tensors: fromHuggingFaceNames(readAll(weights)), config: {} }),
  },
]

/** timm's names, and those of the original code that timm took them from. */
const original: Naming = {
  has: () => true,
  rename: (weights) => ({ tensors: fromOriginalNames(readAll(weights)), config: {} }),
}

/**
 * All weights of a file under timm's names, in float32. All values are checked. If the format can, large
 * tensors are then read again on demand, so the file must not change.
 * @throws CheckpointError for damaged files, and values that are NaN or infinite
 */
export function renamedWeights(file: TensorFile): RenamedWeights {
  const naming = namings.find(({ has }) => has(file.tensors.keys())) ?? original
  const read: NamedWeights['read'] = (name) => {
    const tensor = checkFinite(file.path, name, file.read(name))
    return hasDType(tensor, 'float64') ? narrowed(tensor) : (file.onDemand?.(name) ?? tensor)
  }
  return naming.rename({ ...file, read })
}

function narrowed({ shape, data }: TensorData<'float64'>): TensorData {
  return { dtype: 'float32', shape, data: Float32Array.from(data) }
}

function checkFinite(path: string, name: string, tensor: TensorData): TensorData {
  if (!hasDType(tensor, 'float32') && !hasDType(tensor, 'float64')) return tensor
  const values = tensor.data
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue
    throw new CheckpointError(
      `checkpoint: tensor "${name}" of ${path} holds ${values[i]} at element ${i}. Use weights from before training diverged.`,
    )
  }
  return tensor
}
