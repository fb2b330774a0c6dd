import {
  constant,
  input,
  onDemand,
  parameter,
  random,
  sizeOf,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { CheckpointError, ConfigError } from '../errors.ts'
import { present } from '../present.ts'
import { nextValue, type WeightBuffer } from './buffer.ts'
import type { Initializer } from './initializers.ts'

/** The weights of a module: `weights.at('attn').get('qkv.weight', [3 * C, C])`. */
export interface Weights {
  /** Returns the tensor of a weight; repeated calls return the same tensor. */
  get(name: string, shape: readonly number[], init: Initializer): Tensor
  /**
   * Returns a value that training passes update instead of the optimiser, such as a running mean. Request it
   * in every pass, even if the pass does not update it.
   */
  buffer(name: string, shape: readonly number[], init: Initializer): WeightBuffer
  /** The weights of a submodule. */
  at(name: string): Weights
}

/** Known values of weights, and which weights are trained. */
export interface StoreOptions {
  /** Known values by timm name. */
  readonly tensors?: ReadonlyMap<string, TensorData>
  /**
   * Patterns of the full names of trained weights; all others are frozen. If absent, buffers are constants of
   * the graph too. A buffer is never trained, whatever its name.
   */
  readonly trainable?: readonly RegExp[]
  /** Seed for weights without a known value. */
  readonly seed?: number
  /**
   * Another way to put a frozen weight into the graph; if it returns undefined,
   * the weight becomes a constant.
   */
  readonly keep?: ((name: string, value: TensorData<'float32'>) => Tensor | undefined) | undefined
}

/** Random weights with at least this many elements are not kept in memory, but drawn again when needed. */
const onDemandElements = 2 ** 18

/**
 * Collects all weights of a model while its graph is built. Frozen weights become constants of the graph,
 * trained ones parameters, and buffers inputs whose next values are outputs. New weights are drawn from a
 * random stream named by seed and weight, so that their values do not depend on the order of requests.
 */
export class WeightStore implements Weights {
  private readonly nodes = new Map<string, Tensor>()
  /** Each buffer after the passes built so far. */
  private readonly latest = new Map<string, Tensor>()
  private readonly drawn = new Map<string, TensorData<'float32'>>()
  private readonly initializers = new Map<string, Initializer>()
  private readonly matched = new Set<RegExp>()

  constructor(private readonly options: StoreOptions = {}) {}

  get(name: string, shape: readonly number[], init: Initializer): Tensor {
    const known = this.known(name, shape, 'weight')
    if (known) return known
    this.initializers.set(name, init)
    const trained = (this.options.trainable ?? []).filter((pattern) => pattern.test(name))
    for (const pattern of trained) this.matched.add(pattern)
    const node = trained.length > 0 ? parameter(name, [...shape]) : this.frozen(name, shape)
    this.nodes.set(name, node)
    return node
  }

  buffer(name: string, shape: readonly number[], init: Initializer): WeightBuffer {
    if (!this.known(name, shape, 'buffer')) {
      this.initializers.set(name, init)
      const isInput = this.options.trainable !== undefined
      const node = isInput ? input(name, [...shape]) : constant(this.value(name, shape), name)
      this.nodes.set(name, node)
      this.latest.set(name, node)
    }
    const value = present(this.latest.get(name), name)
    return { value, update: (next) => this.latest.set(name, nextValue(name, value, next)) }
  }

  at(name: string): Weights {
    return under(this, name)
  }

  /** Shapes of all weights that the graph uses, buffers included. */
  get shapes(): Map<string, readonly number[]> {
    return new Map([...this.nodes].map(([name, node]) => [name, node.shape as readonly number[]]))
  }

  /**
   * Graph nodes of the trained weights, by name.
   * @throws ConfigError if a pattern matches no weight
   */
  get trainable(): Map<string, Tensor> {
    for (const pattern of this.options.trainable ?? [])
      if (!this.matched.has(pattern))
        throw new ConfigError(
          `weights: no weight matches the trainable pattern ${pattern}. Check the method.`,
        )
    return new Map([...this.nodes].filter(([name]) => this.isTrained(name)))
  }

  /** Initial values of the trained weights: copies that the optimiser may change in place. */
  startValues(): Map<string, TensorData<'float32'>> {
    return this.copies(this.trainable)
  }

  /** Begins another graph over the same weights: its first pass sees the initial buffers. */
  beginGraph(): void {
    for (const name of this.latest.keys()) this.latest.set(name, present(this.nodes.get(name), name))
  }

  /** Each buffer after all passes of the graph, by name; its initial value if no pass updates it. */
  get buffers(): ReadonlyMap<string, Tensor> {
    return this.latest
  }

  /** Values of the buffers before the first step: copies that may be changed in place. */
  startBuffers(): Map<string, TensorData<'float32'>> {
    return this.copies(this.latest)
  }

  /** Values of all weights that the graph uses, buffers included. */
  values(): Map<string, TensorData<'float32'>> {
    return new Map([...this.shapes].map(([name, shape]) => [name, this.value(name, shape)]))
  }

  private copies(weights: ReadonlyMap<string, Tensor>): Map<string, TensorData<'float32'>> {
    return new Map(
      [...weights].map(([name, { shape }]) => {
        const value = this.value(name, shape as readonly number[])
        return [name, { ...value, data: Float32Array.from(value.data) }]
      }),
    )
  }

  /**
   * The node of a weight that was requested before.
   * @throws CheckpointError if it was requested with another shape or as another kind
   */
  private known(name: string, shape: readonly number[], kind: 'weight' | 'buffer'): Tensor | undefined {
    const known = this.nodes.get(name)
    if (!known) return undefined
    if (known.shape.join() !== shape.join())
      throw new CheckpointError(`weights: ${name} is used as [${known.shape}] and as [${shape}].`)
    if (this.latest.has(name) !== (kind === 'buffer'))
      throw new CheckpointError(`weights: ${name} is used as a weight and as a buffer. Rename one.`)
    return known
  }

  private frozen(name: string, shape: readonly number[]): Tensor {
    const value = this.value(name, shape)
    return this.options.keep?.(name, value) ?? constant(value, name)
  }

  private isTrained(name: string): boolean {
    return !this.latest.has(name) && (this.options.trainable ?? []).some((pattern) => pattern.test(name))
  }

  private value(name: string, shape: readonly number[]): TensorData<'float32'> {
    const given = this.options.tensors?.get(name) ?? this.drawn.get(name)
    if (given) {
      if (given.shape.join() !== shape.join() || given.dtype !== 'float32')
        throw new CheckpointError(
          `weights: ${name} is ${given.dtype} [${given.shape}], the model wants float32 [${shape}]. Choose fitting weights.`,
        )
      return given as TensorData<'float32'>
    }
    const init = this.initializers.get(name) as Initializer
    const draw = (): Float32Array => init(shape, random(this.options.seed ?? 0, 'weights', name))
    const value =
      sizeOf(shape) < onDemandElements
        ? ({ dtype: 'float32', shape, data: draw() } as const)
        : onDemand('float32', shape, draw)
    this.drawn.set(name, value)
    return value
  }
}

function under(parent: Weights, prefix: string): Weights {
  return {
    get: (name, shape, init) => parent.get(`${prefix}.${name}`, shape, init),
    buffer: (name, shape, init) => parent.buffer(`${prefix}.${name}`, shape, init),
    at: (name) => under(parent, `${prefix}.${name}`),
  }
}
