import {
  dims,
  gatherRows,
  input,
  multiplyDims,
  random,
  reshape,
  type TensorData,
} from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import type { ModelHooks } from '../models/hooks.ts'
import { patchCount, prefixTokens, type VitConfig } from '../models/vit/vit-config.ts'

/** Number of patch tokens kept per image for a given share; class token and registers are not counted. */
export function keptPatches(config: VitConfig, share: number): number {
  return Math.max(1, Math.round(patchCount(config) * share))
}

/**
 * Keeps only the tokens listed in the input `kept`, int64 [B * (P + kept), 1]: rows of the tokens of all
 * images. @throws ConfigError for a model whose attention has biases for distances in the whole grid
 */
export function patchDropoutHooks(config: VitConfig, share: number): ModelHooks {
  if (share >= 1) return {}
  if (config.relativePositionBias)
    throw new ConfigError(
      'patch dropout: attention of this model adds a bias for distances in the whole grid. Keep all patches.',
    )
  const count = prefixTokens(config) + keptPatches(config, share)
  return {
    tokens(tokens) {
      const [batch, all, width] = dims(tokens, 'B N C', 'patch dropout')
      const rows = input('kept', [multiplyDims(batch, count), 1], 'int64')
      return reshape(gatherRows(reshape(tokens, [multiplyDims(batch, all), width]), rows), [
        batch,
        count,
        width,
      ])
    },
  }
}

/**
 * Chooses the tokens to keep (PatchDropout, arXiv:2208.07220): class token, registers and random patches,
 * each image from its own stream. Fewer tokens make a pre-training step cheaper, and they regularise it.
 */
export function drawKept(
  config: VitConfig,
  share: number,
  key: { readonly seed: number; readonly step: number; readonly first: number; readonly size: number },
): TensorData<'int64'> {
  const [patches, prefix] = [patchCount(config), prefixTokens(config)]
  const count = keptPatches(config, share)
  const first = Array.from({ length: prefix }, (_, i) => i)
  const data = new BigInt64Array(key.size * (prefix + count))
  for (let image = 0; image < key.size; image++) {
    const order = Int32Array.from({ length: patches }, (_, i) => prefix + i)
    random(key.seed, 'patches', key.step, key.first + image).shuffle(order)
    const chosen = [...first, ...order.subarray(0, count).sort()]
    for (const [i, token] of chosen.entries())
      data[image * (prefix + count) + i] = BigInt(image * (prefix + patches) + token)
  }
  return { dtype: 'int64', shape: [data.length, 1], data }
}
