import {
  constant,
  onDemand,
  parameter,
  random,
  sizeOf,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { CheckpointError, ConfigError } from '../errors.ts'
import type { Initializer } from './initializers.ts'

/** Weights below one place of a model: `weights.at('attn').get('qkv.weight', [3 * C, C])`. */
export interface Weights {
  /** The tensor of a weight; the same one each time it is asked for. */
  get(name: string, shape: readonly number[], init: Initializer): Tensor
  /** Weights below `name`. */
  at(name: string): Weights
}

/** Which weights are trained, by patterns of their full names. */
export interface StoreOptions {
  /** Known values under timm names. */
  readonly tensors?: ReadonlyMap<string, TensorData>
  /** Patterns of the names that are trained; all other weights are frozen. */
  readonly trainable?: readonly RegExp[]
  /** Seed of weights that have no value yet. */
  readonly seed?: number
  /** Another way to keep a frozen weight in the graph; undefined keeps it as a constant. */
  readonly keep?: ((name: string, value: TensorData<'float32'>) => Tensor | undefined) | undefined
}

/** Weights from this many elements on are drawn again when they are asked for, instead of being kept. */
const onDemandElements = 2 ** 18

/**
 * All weights of a model while its graph is being built. Frozen ones become constants of the graph, trained ones become
 * parameters; new ones are drawn from a stream named by seed and weight, so their values do not depend on the order.
 */
export class WeightStore implements Weights {
  private readonly nodes = new Map<string, Tensor>()
  private readonly drawn = new Map<string, TensorData<'float32'>>()
  private readonly initializers = new Map<string, Initializer>()
  private readonly matched = new Set<RegExp>()

  constructor(private readonly options: StoreOptions = {}) {}

  get(name: string, shape: readonly number[], init: Initializer): Tensor {
    const known = this.nodes.get(name)
    if (known) {
      if (known.shape.join() !== shape.join())
        throw new CheckpointError(`weights: ${name} is used as [${known.shape}] and as [${shape}].`)
      return known
    }
    this.initializers.set(name, init)
    const trained = (this.options.trainable ?? []).filter((pattern) => pattern.test(name))
    for (const pattern of trained) this.matched.add(pattern)
    const node = trained.length > 0 ? parameter(name, [...shape]) : this.frozen(name, shape)
    this.nodes.set(name, node)
    return node
  }

  at(name: string): Weights {
    return under(this, name)
  }

  /** Shapes of all weights the graph has asked for. */
  get shapes(): Map<string, readonly number[]> {
    return new Map([...this.nodes].map(([name, node]) => [name, node.shape as readonly number[]]))
  }

  /** The trained weights as graph nodes, by name. @throws ConfigError where a pattern matches no weight */
  get trainable(): Map<string, Tensor> {
    for (const pattern of this.options.trainable ?? [])
      if (!this.matched.has(pattern))
        throw new ConfigError(
          `weights: no weight matches the trainable pattern ${pattern}. Check the method.`,
        )
    return new Map([...this.nodes].filter(([name]) => this.isTrained(name)))
  }

  /** Values to start training from: copies, so that the optimiser may change them in place. */
  startValues(): Map<string, TensorData<'float32'>> {
    return new Map(
      [...this.trainable].map(([name, { shape }]) => {
        const value = this.value(name, shape as readonly number[])
        return [name, { ...value, data: Float32Array.from(value.data) }]
      }),
    )
  }

  /** Values of all weights the graph has asked for. */
  values(): Map<string, TensorData<'float32'>> {
    return new Map([...this.shapes].map(([name, shape]) => [name, this.value(name, shape)]))
  }

  private frozen(name: string, shape: readonly number[]): Tensor {
    const value = this.value(name, shape)
    return this.options.keep?.(name, value) ?? constant(value, name)
  }

  private isTrained(name: string): boolean {
    return (this.options.trainable ?? []).some((pattern) => pattern.test(name))
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
    at: (name) => under(parent, `${prefix}.${name}`),
  }
}
