import { ConfigError } from '../errors.ts'
import { drawWeights } from '../models/backbone.ts'
import { isVit, type ModelConfig } from '../models/model-config.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import type { BaselineModel } from './baselines.ts'
import { loadPeers } from './load-peers.ts'
import type { BenchPlace } from './types.ts'

/** A tensor of TensorFlow.js. */
interface TfTensor {
  readonly shape: number[]
  data(): Promise<Float32Array>
  dispose(): void
}

/** As much of `@tensorflow/tfjs-core` as is used here; the package need not be installed to build this one. */
interface TensorFlow {
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  tidy<T>(run: () => T): T
  tensor(data: Float32Array, shape: readonly number[]): TfTensor
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor
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
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor
  tile(x: TfTensor, times: readonly number[]): TfTensor
}

/**
 * The static ViT in TensorFlow.js on WebAssembly, its fastest way without a GPU; in Node that has one thread.
 * @throws ConfigError where the packages are not installed, or the model is not a plain ViT
 */
export async function tensorflowJs(config: ModelConfig, place: BenchPlace): Promise<BaselineModel> {
  if (!isVit(config) || config.globalPool !== 'token' || config.initValues !== undefined || config.regTokens)
    throw new ConfigError('bench: the baseline tensorflow.js is a plain ViT. Choose one, or leave it out.')
  const peers = await loadPeers('tensorflow.js', ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'])
  const loaded = peers[0] as TensorFlow & { readonly default?: TensorFlow }
  const tf = loaded.default ?? loaded
  await tf.setBackend('wasm')
  await tf.ready()
  const weights = new Map<string, TfTensor>()
  for (const [name, { data, shape }] of drawWeights(config, place.seed))
    weights.set(name, tf.tensor(data as Float32Array, shape))
  const [height, width] = config.imageSize
  return {
    async run(images) {
      const batch = images.length / (3 * height * width)
      const logits = tf.tidy(() => forward(tf, weights, config, tf.tensor(images, [batch, 3, height, width])))
      const values = await logits.data()
      logits.dispose()
      return values
    },
    async release() {
      for (const weight of weights.values()) weight.dispose()
    },
  }
}

function forward(
  tf: TensorFlow,
  weights: ReadonlyMap<string, TfTensor>,
  config: VitConfig,
  images: TfTensor,
): TfTensor {
  const { patchSize: patch, embedDim: width, depth, numHeads: heads, layerNormEps, imageSize } = config
  const of = (name: string): TfTensor => weights.get(name) as TfTensor
  const batch = images.shape[0] as number
  const [rows, columns] = imageSize.map((size) => size / patch) as [number, number]
  const tokens = rows * columns + 1

  /** x [..., I] W^T + b. */
  const linear = (x: TfTensor, name: string): TfTensor => {
    const weight = of(`${name}.weight`)
    const [outputs = 0, ...rest] = weight.shape
    const inputs = rest.reduce((a, b) => a * b, 1)
    const product = tf.matMul(tf.reshape(x, [-1, inputs]), tf.reshape(weight, [outputs, inputs]), false, true)
    const bias = weights.get(`${name}.bias`)
    return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), outputs])
  }
  const norm = (x: TfTensor, name: string): TfTensor => {
    const centred = tf.sub(x, tf.mean(x, -1, true))
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), layerNormEps))
    return tf.add(tf.mul(tf.mul(centred, scale), of(`${name}.weight`)), of(`${name}.bias`))
  }
  const gelu = (x: TfTensor): TfTensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
  const attention = (x: TfTensor, name: string): TfTensor => {
    const size = width / heads
    const apart = tf.transpose(
      tf.reshape(linear(x, `${name}.qkv`), [batch * tokens, 3, heads, size]),
      [1, 0, 2, 3],
    )
    const [query, key, value] = [0, 1, 2].map((which) => {
      const own = tf.slice(apart, [which, 0, 0, 0], [1, batch * tokens, heads, size])
      return tf.transpose(tf.reshape(own, [batch, tokens, heads, size]), [0, 2, 1, 3])
    }) as [TfTensor, TfTensor, TfTensor]
    const shares = tf.softmax(tf.mul(tf.matMul(query, key, false, true), size ** -0.5))
    const mixed = tf.transpose(tf.matMul(shares, value), [0, 2, 1, 3])
    return linear(tf.reshape(mixed, [batch, tokens, width]), `${name}.proj`)
  }

  const cut = tf.transpose(tf.reshape(images, [batch, 3, rows, patch, columns, patch]), [0, 2, 4, 1, 3, 5])
  const patches = linear(tf.reshape(cut, [batch, tokens - 1, 3 * patch * patch]), 'patch_embed.proj')
  let x = tf.add(tf.concat([tf.tile(of('cls_token'), [batch, 1, 1]), patches], 1), of('pos_embed'))
  for (let layer = 0; layer < depth; layer++) {
    const name = `blocks.${layer}`
    x = tf.add(x, attention(norm(x, `${name}.norm1`), `${name}.attn`))
    const hidden = gelu(linear(norm(x, `${name}.norm2`), `${name}.mlp.fc1`))
    x = tf.add(x, linear(hidden, `${name}.mlp.fc2`))
  }
  const token = tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, width]), [batch, width])
  return linear(norm(token, 'norm'), 'head')
}
