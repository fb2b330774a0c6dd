import { CheckpointError } from '../../../errors.ts'
import { isPlain, PickledTensor } from './pickled.ts'

/** Keys of the weights in checkpoints of training scripts; averaged weights first, as in timm. */
const places = ['state_dict_ema', 'model_ema', 'state_dict', 'model', 'model_state_dict', 'module']

/**
 * The weights in a file of PyTorch: a state dict, or a checkpoint that has one under a usual key. Values
 * other than tensors (epochs, settings) are dropped, as is the prefix `module.` of data-parallel training.
 * @throws CheckpointError if there are no weights
 */
export function stateDictIn(path: string, value: unknown): Map<string, PickledTensor> {
  const tensors = tensorsIn(value)
  if (tensors.size > 0) return tensors
  const dict: ReadonlyMap<unknown, unknown> = value instanceof Map ? value : new Map()
  for (const place of places) {
    const found = tensorsIn(dict.get(place))
    if (found.size > 0) return found
  }
  const keys = [...dict.keys()]
    .filter(isPlain)
    .slice(0, 12)
    .map((key) => `"${key}"`)
  throw new CheckpointError(
    `torch: ${path} has no weights at its top or under ${places.join(', ')}, got ${keys.join(', ') || 'no dict'}. Save them alone: torch.save(model.state_dict(), ...).`,
  )
}

function tensorsIn(value: unknown): Map<string, PickledTensor> {
  const tensors = new Map<string, PickledTensor>()
  if (!(value instanceof Map)) return tensors
  for (const [name, tensor] of value)
    if (typeof name === 'string' && tensor instanceof PickledTensor) tensors.set(name, tensor)
  const parallel = tensors.size > 0 && [...tensors.keys()].every((name) => name.startsWith('module.'))
  return parallel ? new Map([...tensors].map(([name, tensor]) => [name.slice(7), tensor])) : tensors
}
