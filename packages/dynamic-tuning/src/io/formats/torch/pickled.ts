import { CheckpointError } from '../../../errors.ts'
import type { ElementType } from '../element-type.ts'

/** The numbers of one or more tensors: a member of the archive. */
export interface Storage {
  /** Its name in the archive. */
  readonly key: string
  readonly type: ElementType
  /** Count of numbers. */
  readonly length: number
}

/** A tensor as a view of its storage; offset and strides count numbers. */
export class PickledTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A pickled object without weights, such as a device: only its name is kept. */
export class Inert {
  constructor(readonly name: string) {}
}

/** A function that a pickle may call: its name, and what it returns for its arguments. */
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

/** A kind of storage, such as `torch.FloatStorage`. */
export class StorageType {
  constructor(readonly type: ElementType) {}
}

const storages: Readonly<Record<string, ElementType>> = {
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  DoubleStorage: 'float64',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
}

/**
 * Storages are named in `torch` or `torch.cuda`; everything else that state dicts need is listed one by one.
 */
const allowed: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...Object.entries(storages).flatMap(([name, type]): [string, unknown][] => [
    [`torch.${name}`, new StorageType(type)],
    [`torch.cuda.${name}`, new StorageType(type)],
  ]),
  ...[
    new Callable('torch._utils._rebuild_tensor_v2', rebuildTensor),
    new Callable('torch._utils._rebuild_tensor', rebuildTensor),
    new Callable('torch._utils._rebuild_parameter', ([tensor]) => tensor),
    new Callable('torch._utils._rebuild_parameter_with_state', ([tensor]) => tensor),
    new Callable('torch.nn.parameter.Parameter', ([tensor]) => tensor),
    new Callable('torch._tensor._rebuild_from_type_v2', rebuildFromType),
    new Callable('torch.Size', ([sizes = []]) => sizes),
    new Callable('torch.device', (args) => new Inert(`device ${args.filter(isPlain).join(':')}`)),
    new Callable('collections.OrderedDict', ([pairs]) => orderedDict(pairs)),
    new Callable('builtins.set', ([items]) => setOf(items)),
    new Callable('__builtin__.set', ([items]) => setOf(items)),
  ].map((callable): [string, unknown] => [callable.name, callable]),
  ['torch.Tensor', new Inert('torch.Tensor')],
  ...['float32', 'float16', 'bfloat16', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    (name): [string, unknown] => [`torch.${name}`, new Inert(`torch.${name}`)],
  ),
])

/**
 * Returns what a global name in a pickle stands for: storages, PyTorch's functions for rebuilding tensors,
 * ordered dicts, sets and names of types. No code of the file is run.
 * @throws CheckpointError for any other name
 */
export function allowedGlobal(path: string, module: string, name: string): unknown {
  const full = `${module}.${name}`
  if (allowed.has(full)) return allowed.get(full)
  throw new CheckpointError(
    `torch: ${path} asks for ${full}, which is no part of weights and is not run. Save the weights alone: torch.save(model.state_dict(), ...).`,
  )
}

function orderedDict(pairs: unknown): Map<unknown, unknown> {
  if (pairs === undefined) return new Map()
  if (pairs instanceof Map) return new Map(pairs)
  if (Array.isArray(pairs) && pairs.every(isPair)) return new Map(pairs)
  throw new TypeError('an ordered dict of no pairs')
}

function isPair(value: unknown): value is [unknown, unknown] {
  return Array.isArray(value) && value.length === 2
}

function setOf(items: unknown): Set<unknown> {
  if (items === undefined || Array.isArray(items)) return new Set(items)
  throw new TypeError('a set of no list')
}

/** Most axes of a tensor, as in PyTorch. */
const mostAxes = 64

/** `_rebuild_tensor_v2(storage, storage_offset, size, stride, ...)`. */
function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): PickledTensor {
  if (!isStorage(storage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides))
    throw new TypeError('a tensor without storage, offset, shape and strides')
  if (shape.length !== strides.length)
    throw new TypeError(`a tensor of ${shape.length} axes with ${strides.length} strides`)
  if (shape.length > mostAxes) throw new TypeError(`a tensor of ${shape.length} axes`)
  return new PickledTensor(storage, offset, shape, strides)
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'key' in value && 'type' in value
}

/**
 * `_rebuild_from_type_v2(function, type, arguments, attributes)`: a tensor with Python
 * attributes, which are left out.
 */
function rebuildFromType([rebuild, , args]: readonly unknown[]): unknown {
  const isTensor = rebuild instanceof Callable && rebuild.name.startsWith('torch._utils._rebuild_')
  if (isTensor && Array.isArray(args)) return rebuild.call(args)
  throw new TypeError('a tensor without the function that rebuilds it')
}

/**
 * True for strings and numbers, which alone may become part of a name or a message: the text of nested tuples
 * can be exponentially long.
 */
export function isPlain(value: unknown): value is string | number | bigint {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
}

/** True for whole numbers from 0. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount)
}
