import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { gateShape } from './dispatch-inputs.ts'
import { dyt } from './dyt.ts'
import type { BlockForm, TunerOptions } from './tuner.ts'

const images = Float32Array.from(
  { length: 3 * 3 * tiny.imageSize[0] * tiny.imageSize[1] },
  random(2, 'images').normal,
)
const plain: TunerOptions = { ...dyt.defaults, bottleneck: 3 }

async function logitsOf(options: TunerOptions, more: object): Promise<Float32Array> {
  const settings = {
    network: network({ ...modelOf(tiny), tuner: dyt, options }),
    store: new WeightStore({ seed: 3 }),
  }
  const classifier = await Classifier.create({ ...settings, ...more, compile: { threads: 1 } })
  const { logits, masks = new Float32Array() } = withLogits(await classifier.classify(images))
  const { sites, decisions } = classifier.gates
  expect(masks).toHaveLength(3 * sites.length * decisions)
  expect(masks.every((value) => value === 0)).toBe(true)
  await classifier.release()
  return logits
}

const apart = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))

describe('blocks behind gates that let nothing through', () => {
  for (const dispatch of ['mlp', 'attention', 'attention-mlp', 'layer'] as const)
    for (const dispatchLevel of ['token', 'sample'] as const)
      it(`give the logits of closed gates without dispatchers: ${dispatch}, ${dispatchLevel}`, async () => {
        const options = { ...plain, dispatch, dispatchLevel }
        const gates = gateShape(options, tiny).sites.length
        const form: BlockForm = dispatchLevel === 'token' ? 'prefix' : 'dropped'
        const blocks = new Array<BlockForm>(gates).fill(form)
        const closed = await logitsOf(options, { thresholds: 1 })
        const scale = Math.max(...closed.map(Math.abs))
        for (const pass of ['skip', 'masked'] as const)
          expect(apart(await logitsOf(options, { blocks, pass }), closed)).toBeLessThan(1e-5 * scale)
        const without = await logitsOf(options, { blocks: blocks.fill('dropped') })
        if (dispatchLevel === 'token') expect(apart(without, closed)).toBeGreaterThan(1e-4 * scale)
      })

  it('cost what closed gates cost, without dispatchers, or without the class token', () => {
    const [tokens, width] = [6, tiny.embedDim]
    const none = [{ rate: 0 }, { rate: 0 }]
    const cost = (blocks?: BlockForm[]) =>
      modelCost({
        network: network({ ...modelOf(tiny), tuner: dyt, options: plain }),
        gates: none,
        ...(blocks && { blocks }),
      })
    const whole = cost()
    const prefix = cost(['dispatched', 'prefix'])
    expect(whole.params.total - prefix.params.total).toBe(width + 1)
    expect(whole.flops.total - prefix.flops.total).toBe((tokens + 1) * width)
    const dropped = cost(['dispatched', 'dropped'])
    const hidden = width * tiny.mlpRatio
    expect(prefix.params.total - dropped.params.total).toBe(2 * width * hidden + hidden + width + 2 * width)
    expect(prefix.flops.total - dropped.flops.total).toBe(2 * width * hidden + 5 * width)
  })
})
