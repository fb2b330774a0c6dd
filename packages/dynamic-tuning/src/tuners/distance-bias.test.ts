import { describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { Classifier, type ClassifierSettings } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { checkReductionFits } from '../reduction/check-reduction.ts'
import { reductionOptions } from '../reduction/options.ts'
import { plainDispatch } from './plain-dispatch.test.support.ts'
import { tunerNamed } from './registry.ts'
import { tune } from './tune.ts'
import type { TunerOptions } from './tuner.ts'

const config: VitModelConfig = { ...tiny, embedDim: 16, imageSize: [12, 16], relativePositionBias: true }
const size = 3 * config.imageSize[0] * config.imageSize[1]
const images = noise(3 * size, 4)

function tuned(method: string, changes: Partial<TunerOptions>) {
  const tuner = tunerNamed(method)
  const options = { ...tuner.defaults, adapterDropout: 0, rate: 0.5, ...changes }
  const { hooks } = tune(tuner, options, { kind: 'masked' })
  const tensors = randomValues(modelShapes(modelOf(config), hooks), 7, 0.4)
  return { network: network({ ...modelOf(config), tuner, options }), tensors, options }
}

async function logitsOf(
  { network, tensors }: ReturnType<typeof tuned>,
  settings: Omit<ClassifierSettings, 'network' | 'store'>,
): Promise<Float32Array> {
  const store = new WeightStore({ tensors })
  const classifier = await Classifier.create({ network, store, compile: { threads: 1 }, ...settings })
  const { logits } = withLogits(await classifier.classify(images))
  await classifier.release()
  return logits
}

describe('biases for distances with token dispatch', () => {
  const all = (['mlp', 'attention', 'attention-mlp', 'layer'] as const).flatMap((dispatch) =>
    (['token', 'sample'] as const).map((dispatchLevel) => [dispatch, dispatchLevel] as const),
  )
  it.each(all)('give the logits of plain loops: dispatch %s by %s', async (dispatch, dispatchLevel) => {
    const made = tuned('dyt', { dispatch, dispatchLevel, bottleneck: 3, adapterScale: 0.7 })
    const plain = [0, 1, 2].map((i) =>
      plainDispatch(images.subarray(i * size, (i + 1) * size), made.tensors, config, made.options),
    )
    const wanted = plain.flatMap(({ logits }) => logits)
    const open = plain.flatMap(({ gates }) => gates.flatMap(({ hard }) => hard))
    if (dispatchLevel === 'token') expect(new Set(open)).toEqual(new Set([0, 1]))
    const scale = Math.max(1, ...wanted.map(Math.abs))
    const capacities = made.network.gates.sites.map(() => 12)
    for (const settings of [
      { pass: 'masked' },
      { pass: 'skip' },
      ...(dispatchLevel === 'token' ? [{ pass: 'skip', capacities } as const] : []),
    ] as const)
      expect(farthest(await logitsOf(made, settings), wanted)).toBeLessThan(2e-5 * scale)
  })

  it('treat prompts as class tokens, in all forms', async () => {
    const made = tuned('vpt-deep', { promptLength: 2, dispatch: 'attention-mlp' })
    const masked = await logitsOf(made, { pass: 'masked' })
    expect(farthest(await logitsOf(made, { pass: 'skip' }), masked)).toBeLessThan(2e-5)
    const blocks = made.network.gates.sites.map(() => 'prefix' as const)
    const closed = await logitsOf(made, { thresholds: 1 })
    expect(farthest(await logitsOf(made, { blocks }), closed)).toBeLessThan(2e-5)
  })

  it('are trained by every method, and counted as none of it', () => {
    for (const method of ['linear', 'lora', 'full', 'dyt']) {
      const { network: whole } = tuned(method, {})
      const { tunable } = whole
      const plain = network({
        ...whole,
        config: { ...whole.config, relativePositionBias: false } as typeof config,
      })
      const [own, without] = [whole, plain].map((each) => modelCost({ network: each }).params)
      expect((own?.trainable ?? 0) - (without?.trainable ?? 0)).toBe(2 * (5 * 7 + 3) * 2)
      expect(own?.trainableWithoutHead).toBe(without?.trainableWithoutHead)
      const name = 'blocks.1.attn.relative_position_bias_table'
      expect(tunable.some((pattern) => pattern.test(name))).toBe(true)
    }
  })

  it('go with no reduction of tokens', () => {
    const fits = (): void =>
      checkReductionFits('finetune', reductionOptions({ reduction: 'tome', tomeR: 1 }), modelOf(config))
    expect(fits).toThrow(
      /tome takes tokens out .* a bias for their distances in the grid. Use reduction none/,
    )
  })
})
