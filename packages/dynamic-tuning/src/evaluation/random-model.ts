import { compile, random, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { layerAt } from '../models/families.ts'
import { imageRows, sampleSize } from '../models/samples/sample-layout.ts'
import type { Network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'

/** Settings of a random model. */
export interface RandomModelSettings {
  readonly network: Network
  /** Share of the patch tokens present that every dispatcher should let through. */
  readonly active: number
  /**
   * Images or clips used to set the dispatchers, in the form the model takes. Default: two images of noise.
   */
  readonly images?: Float32Array | undefined
  readonly seed: number
  readonly threads?: number
}

/** Minimum number of images used to set the dispatchers. */
const leastImages = 2
/**
 * Setting the dispatcher of one layer changes the inputs of later layers; a few
 * rounds are enough to converge.
 */
const rounds = 3

/**
 * Weights of an untrained tuned model for speed measurements. Each dispatcher gets a random direction and the
 * bias at which a share `active` of the patch tokens of random images pass in its layer. The speed of such a
 * model does not depend on what it has learned.
 */
export async function randomModel(
  settings: RandomModelSettings,
): Promise<Map<string, TensorData<'float32'>>> {
  const { network, active, seed, threads = 0 } = settings
  const { config, sample, options, gates } = network
  const learns = options.dispatch !== 'none' && options.dispatchStrategy === 'learned'
  const store = new WeightStore({ seed, ...(learns && { trainable: [/_token_select\./] }) })
  const images = settings.images ?? noiseOf(sample, seed)
  // With random gates the batch size stays open, as in their noise input.
  const pixels = network.input('images', learns ? images.length / sampleSize(sample) : 'B')
  const thresholds = gates.sites.map(() => 0.5)
  const kind = learns ? 'masked' : 'skip'
  const { outputs: ofHead, dispatches } = network.pass(store, pixels, { kind, thresholds })
  if (!learns) return store.values()
  const outputs: Record<string, Tensor> = { ...ofHead }
  for (const [gate, { logits: own }] of dispatches.entries()) outputs[`${gate}`] = own
  const program = await compile(outputs, { threads, prepack: false })
  const dispatchers = store.startValues()
  const isRead = ([name]: [string, unknown]) => program.inputs.some((each) => each.name === name)
  const buffers = Object.fromEntries([...store.startBuffers()].filter(isRead))
  for (const [name, { data }] of dispatchers) if (name.endsWith('weight')) drawDirection(data, seed, name)
  for (let round = 0; round < rounds; round++) {
    const result = await program.run({ images, ...buffers, ...Object.fromEntries(dispatchers) })
    for (const [gate, { layer, part }] of dispatches.entries()) {
      const name = `${layerAt(config, layer).path}.${part}_token_select.mlp_head.bias`
      const bias = dispatchers.get(name) as TensorData<'float32'>
      const logits = result[`${gate}`]?.data as Float32Array
      bias.data[0] = (bias.data[0] as number) - thresholdFor(active, logits)
    }
  }
  await program.release()
  return new Map([...store.values(), ...dispatchers])
}

/** Halfway between the last token that is to be skipped and the first that is to pass. */
function thresholdFor(active: number, logits: Float32Array): number {
  const sorted = Float32Array.from(logits).sort()
  const skipped = Math.round((1 - active) * sorted.length)
  const [last, first] = [sorted[skipped - 1], sorted[skipped]]
  if (last === undefined) return (first ?? 0) - 1
  return first === undefined ? last + 1 : (last + first) / 2
}

function noiseOf(sample: Network['sample'], seed: number): Float32Array {
  const samples = Math.ceil(leastImages / imageRows(sample, 1))
  return Float32Array.from({ length: samples * sampleSize(sample) }, random(seed, 'images').normal)
}

/** Fills `weights` with a random direction, so that different tokens get different logits. */
function drawDirection(weights: Float32Array, seed: number, name: string): void {
  const stream = random(seed, 'dispatcher', name)
  for (let i = 0; i < weights.length; i++) weights[i] = stream.normal()
}
