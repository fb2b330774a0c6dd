import { sizeOf } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { drawWeights } from '../models/backbone.ts'
import { isVit } from '../models/backbone-config.ts'
import type { ModelConfig } from '../models/model-config.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import type { BaselineModel } from './baseline.ts'
import { loadPeers } from './load-peers.ts'
import type { BenchPlace } from './types.ts'

/** A tensor of TensorFlow.js. */
interface TfTensor {
  readonly shape: number[]
  data(): Promise<Float32Array>
  dispose(): void
}

/** The part of `@tensorflow/tfjs-core` used here, so that this package builds without it. */
interface TensorFlow {
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  tidy<T>(run: () => T): T
  tensor(data: Float32Array, shape: readonly number[]): TfTensor
  readonly fused: {
    matMul(product: { readonly a: TfTensor; readonly b: TfTensor; readonly bias?: TfTensor }): TfTensor
  }
  matMul(a: TfTensor, b: TfTensor): TfTensor
  add(a: TfTensor, b: TfTensor | number): TfTensor
  sub(a: TfTensor, b: TfTensor): TfTensor
  mul(a: TfTensor, b: TfTensor | number): TfTensor
  mean(x: TfTensor, axis: number, keepDims: boolean): TfTensor
  square(x: TfTensor): TfTensor
  rsqrt(x: TfTensor): TfTensor
  erf(x: TfTensor): TfTensor
  softmax(x: TfTensor): TfTensor
  reshape(x: TfTensor, shape: readonly number[]): TfTensor
  transpose(x: TfTensor, order: readonly number[]): TfTensor
  concat(parts: readonly TfTensor[], axis: number): TfTensor
  stack(parts: readonly TfTensor[]): TfTensor
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor
  tile(x: TfTensor, times: readonly number[]): TfTensor
}

/**
 * The static ViT in TensorFlow.js on WebAssembly, its fastest backend without a GPU. It computes with SIMD
 * instructions, on one thread: in Node the backend has no threads. Only products of two plain matrices take
 * its fast path, so weights are transposed once, and attention multiplies image by image and head by head;
 * slices of five axes are slow, so heads are taken apart by a transposition of four.
 * @throws ConfigError if the packages are not installed, or the model is not a plain ViT
 */
export async function tensorflowJs(config: ModelConfig, place: BenchPlace): Promise<BaselineModel> {
  if (!isVit(config) || config.globalPool !== 'token' || config.initValues !== undefined || config.regTokens)
    throw new ConfigError('bench: the baseline tensorflow.js is a plain ViT. Choose one, or leave it out.')
  const packages = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm']
  const loaded = await loadPeers<TensorFlow & { readonly default?: TensorFlow }>('tensorflow.js', packages)
  const tf = loaded.default ?? loaded
  await tf.setBackend('wasm')
  await tf.ready()
  const weights = new Map<string, TfTensor>()
  for (const [name, { data, shape }] of drawWeights(config, place.seed))
    weights.set(name, stored(tf, name, tf.tensor(Float32Array.from(data, Number), shape)))
  const [height, width] = config.imageSize
  return {
    async run(images) {
      const batch = images.length / (3 * height * width)
      const logits = tf.tidy(() => {
        const pixels = tf.tensor(images, [batch, 3, height, width])
        return new PlainVit(tf, weights, config, pixels).logits()
      })
      const values = await logits.data()
      logits.dispose()
      return values
    },
    async release() {
      for (const weight of weights.values()) weight.dispose()
    },
  }
}

/** A weight in the form in which it is used: that of a linear map is transposed, from [O, ...] to [I, O]. */
function stored(tf: TensorFlow, name: string, weight: TfTensor): TfTensor {
  const [outputs = 0, ...inputs] = weight.shape
  if (!name.endsWith('.weight') || inputs.length === 0) return weight
  const turned = tf.tidy(() => tf.transpose(tf.reshape(weight, [outputs, sizeOf(inputs)]), [1, 0]))
  weight.dispose()
  return turned
}

/** The forward pass of a plain ViT on batches of one size. */
class PlainVit {
  private readonly batch: number
  private readonly grid: readonly number[]
  private readonly tokens: number

  constructor(
    private readonly tf: TensorFlow,
    private readonly weights: ReadonlyMap<string, TfTensor>,
    private readonly config: VitConfig,
    private readonly images: TfTensor,
  ) {
    this.batch = images.shape[0] ?? 0
    this.grid = config.imageSize.map((size) => size / config.patchSize)
    this.tokens = this.grid.reduce((product, size) => product * size, 1) + 1
  }

  /** Logits [B, K]. */
  logits(): TfTensor {
    const { tf, batch } = this
    let x = this.embedded()
    for (let layer = 0; layer < this.config.depth; layer++) {
      const name = `blocks.${layer}`
      x = tf.add(x, this.attention(this.norm(x, `${name}.norm1`), `${name}.attn`))
      const hidden = this.gelu(this.linear(this.norm(x, `${name}.norm2`), `${name}.mlp.fc1`))
      x = tf.add(x, this.linear(hidden, `${name}.mlp.fc2`))
    }
    const width = this.config.embedDim
    const token = tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, width]), [batch, width])
    return this.linear(this.norm(token, 'norm'), 'head')
  }

  private embedded(): TfTensor {
    const { tf, batch, tokens } = this
    const [rows = 0, columns = 0] = this.grid
    const patch = this.config.patchSize
    const parted = tf.reshape(this.images, [batch, 3, rows, patch, columns, patch])
    const cut = tf.reshape(tf.transpose(parted, [0, 2, 4, 1, 3, 5]), [batch, tokens - 1, 3 * patch * patch])
    const patches = this.linear(cut, 'patch_embed.proj')
    const first = tf.tile(this.weight('cls_token'), [batch, 1, 1])
    return tf.add(tf.concat([first, patches], 1), this.weight('pos_embed'))
  }

  private attention(x: TfTensor, name: string): TfTensor {
    const { tf, batch, tokens } = this
    const { embedDim: width, numHeads: heads } = this.config
    const size = width / heads
    const qkv = tf.reshape(this.linear(x, `${name}.qkv`), [batch, tokens, 3 * heads, size])
    // T rows each: of every image all queries, then all keys, then all values.
    const turned = tf.reshape(tf.transpose(qkv, [0, 2, 1, 3]), [-1, size])
    const part = (at: number): TfTensor => tf.slice(turned, [at * tokens, 0], [tokens, size])
    const mixed = Array.from({ length: batch * heads }, (_, i) => {
      const at = Math.floor(i / heads) * 3 * heads + (i % heads)
      return this.headOf(part(at), part(at + heads), part(at + 2 * heads))
    })
    const whole = tf.transpose(tf.reshape(tf.stack(mixed), [batch, heads, tokens, size]), [0, 2, 1, 3])
    return this.linear(tf.reshape(whole, [batch, tokens, width]), `${name}.proj`)
  }

  /** softmax(Q K^T / sqrt(size)) V of one head; each [T, size]. */
  private headOf(query: TfTensor, key: TfTensor, value: TfTensor): TfTensor {
    const { tf } = this
    const [, size = 0] = query.shape
    const scores = tf.mul(tf.matMul(query, tf.transpose(key, [1, 0])), size ** -0.5)
    return tf.matMul(tf.softmax(scores), value)
  }

  /** x [..., I] W^T + b, with W^T [I, O] as stored. */
  private linear(x: TfTensor, name: string): TfTensor {
    const { tf } = this
    const b = this.weight(`${name}.weight`)
    const [inputs = 0, outputs = 0] = b.shape
    const bias = this.weights.get(`${name}.bias`)
    const product = tf.fused.matMul({ a: tf.reshape(x, [-1, inputs]), b, ...(bias && { bias }) })
    return tf.reshape(product, [...x.shape.slice(0, -1), outputs])
  }

  private norm(x: TfTensor, name: string): TfTensor {
    const { tf } = this
    const centred = tf.sub(x, tf.mean(x, -1, true))
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), this.config.layerNormEps))
    const scaled = tf.mul(tf.mul(centred, scale), this.weight(`${name}.weight`))
    return tf.add(scaled, this.weight(`${name}.bias`))
  }

  private gelu(x: TfTensor): TfTensor {
    const { tf } = this
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
  }

  private weight(name: string): TfTensor {
    const found = this.weights.get(name)
    if (found) return found
    throw new ConfigError(`bench: the baseline tensorflow.js has no weight ${name}. Choose a plain ViT.`)
  }
}
