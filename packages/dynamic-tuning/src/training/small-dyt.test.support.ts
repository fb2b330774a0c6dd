import { random, type TensorData } from '@dynamic-tuning/engine'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss } from '../tasks/classification/loss.ts'
import { dyt } from '../tuners/dyt.ts'
import { type ObjectiveSettings, paperLoss } from './loss-graph.ts'
import { objective } from './objective.ts'

const config: VitModelConfig = { ...vitConfig('vit_tiny_patch4_16', 5), embedDim: 24, depth: 2, numHeads: 3 }

/**
 * Dynamic Tuning of two layers for 16 x 16 pixels and 5 classes; works without Node, so pages may use it too.
 */
export const smallDyt = {
  network: network({ ...modelOf(config), tuner: dyt, options: { ...dyt.defaults, bottleneck: 16 } }),
  taskLoss: classificationLoss,
  loss: paperLoss,
}

/** Patterns of its trained weights. */
export const smallTrainable = smallDyt.network.tunable

/** Normally distributed numbers, a function of `key` alone. */
export function draw(length: number, key: string, scale: number): Float32Array {
  const stream = random(9, key)
  return Float32Array.from({ length }, () => stream.normal() * scale)
}

/** Random values for all weights: the zeros of a fresh adapter would hide half of the gradients. */
export function drawnWeights(scale: number, settings: ObjectiveSettings = smallDyt): Map<string, TensorData> {
  const probe = new WeightStore({ trainable: settings.network.tunable })
  objective(probe, settings)
  const tensors = new Map<string, TensorData>()
  for (const [name, shape] of probe.shapes) {
    const length = shape.reduce((a, b) => a * b, 1)
    tensors.set(name, { dtype: 'float32', shape, data: draw(length, name, scale) })
  }
  return tensors
}
