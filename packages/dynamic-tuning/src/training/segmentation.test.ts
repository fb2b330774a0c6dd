import { topologicalOrder } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { LabelMap } from '../data/label-map.ts'
import { withSegmentation } from '../models/heads/segmentation/with-segmentation.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { tinySwin } from '../models/swin/swin.test.support.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { noise } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { labelTargets, segmentationLoss } from '../tasks/segmentation/loss.ts'
import { tunerNamed, tuners } from '../tuners/registry.ts'
import { paperLoss } from './loss-graph.ts'
import { objective } from './objective.ts'
import { AdamW } from './optimizers/adamw.ts'
import { TrainingStep } from './training-step.ts'

const head = { head: 'upernet', channels: 4, auxiliaryChannels: 3 } as const

function settingsOf(method: string, config: ModelConfig) {
  const tuner = tunerNamed(method)
  const tuned = network({ ...modelOf(config), tuner, options: { ...tuner.defaults, bottleneck: 3 } })
  const store = new WeightStore({ trainable: tuned.tunable, seed: 3 })
  return { network: tuned, store, taskLoss: segmentationLoss, loss: paperLoss, seed: 5, microBatch: 4 }
}

async function losses(method: string, config: ModelConfig, steps: number) {
  const [height, width] = config.imageSize
  const images = noise(4 * 3 * height * width, 2)
  // The left half of each picture has another class than the right one.
  const data = Uint16Array.from({ length: height * width }, (_, i) => Number(i % width < width / 2))
  const maps: LabelMap[] = new Array(4).fill({ width, height, data })
  const step = await TrainingStep.create({ ...settingsOf(method, config), compile: { threads: 1 } })
  const optimizer = new AdamW(step.weights, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 })
  const found: Record<string, number>[] = []
  for (let at = 0; at < steps; at++) {
    const { scalars, gradients } = await step.run({ images, targets: labelTargets(maps), size: 4 }, at)
    found.push(scalars)
    optimizer.update(gradients, 1e-2)
  }
  await step.release()
  return { found, buffers: step.buffers }
}

describe('training of models that label pixels', () => {
  const vit = { ...tiny, imageSize: [16, 24] as const, numClasses: 2 }
  const cases = tuners.map(({ name }) => [name, 'a ViT', withSegmentation(vit, head)] as const)
  it.each([
    ...cases,
    ['dyt', 'a ViT with a linear head', withSegmentation(vit, { head: 'linear' })] as const,
    ['dyt', 'a Swin', withSegmentation({ ...tinySwin, numClasses: 2 }, head)] as const,
  ])(
    '%s on %s learns',
    async (method, _, config) => {
      const { found, buffers } = await losses(method, config, 16)
      const [first, last] = [found[0]?.ce ?? Number.NaN, found.at(-1)?.ce ?? Number.NaN]
      expect(last).toBeLessThan(0.9 * first)
      const sum = (found[0]?.ce ?? 0) + (found[0]?.ceAuxiliary ?? 0) + (found[0]?.rateLoss ?? 0)
      expect(found[0]?.loss).toBeCloseTo(sum, 5)
      for (const { data } of buffers.values()) expect(data.every(Number.isFinite)).toBe(true)
    },
    60_000,
  )

  it('runs the dynamic model alone', () => {
    const { store, ...rest } = settingsOf('dyt', withSegmentation(vit, head))
    const outputs = objective(store, rest)
    expect(Object.keys(outputs).filter((name) => /complete|^kl/i.test(name))).toEqual([])
    const inputs = topologicalOrder(Object.values(outputs)).flatMap(({ attributes }) =>
      'name' in attributes ? [String(attributes.name)] : [],
    )
    expect(inputs).toContain('channels.decode_head')
    expect(inputs.filter((name) => /Complete$/.test(name))).toEqual([])
  })

  it('drops other channels in each step, the same ones again for the same seed', async () => {
    const config = withSegmentation(vit, { ...head, dropout: 0.5 })
    const [once, again] = [await losses('linear', config, 2), await losses('linear', config, 2)]
    expect(again).toEqual(once)
    const without = await losses('linear', withSegmentation(vit, { ...head, dropout: 0 }), 2)
    expect(without.found[0]?.ce).not.toBe(once.found[0]?.ce)
  })
})
