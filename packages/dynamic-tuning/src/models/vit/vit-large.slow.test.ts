import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import {
  farthest,
  noise,
  plainAdd,
  plainAttention,
  plainMlp,
  plainNorm,
  plainScale,
  type Rows,
  toRows,
} from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../build-model.ts'
import { modelOf } from '../model.ts'
import { plainEmbed, plainLogits } from './plain-vit.test.support.ts'
import { vitConfig } from './vit-names.ts'

/**
 * Weights of these shapes, even over +-0.05 and factors about 1; a third of a billion of them want
 * a quick hash.
 */
function quickValues(shapes: ReadonlyMap<string, readonly number[]>): Map<string, TensorData<'float32'>> {
  let state = 1
  return new Map(
    [...shapes].map(([name, shape]) => {
      const centre = /norm\d?\.weight$|gamma$/.test(name) ? 1 : 0
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0
        data[i] = centre + state * (0.05 / 2 ** 31)
      }
      return [name, { dtype: 'float32', shape, data }]
    }),
  )
}

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1)

describe('ViT-L/16 with layer scale at 384 pixels', () => {
  it('embeds, runs a layer and classifies as plain loops do', { timeout: 600_000 }, async () => {
    const config = vitConfig('deit3_large_patch16_384', 10)
    const { embedDim: width, layerNormEps: eps } = config
    const values = quickValues(modelShapes(modelOf(config)))
    const images = noise(3 * 384 * 384, 3)
    const out = buildModel(
      input('images', ['B', 3, 384, 384]),
      new WeightStore({ tensors: values }),
      modelOf(config),
    )
    const [before, after] = out.blocks.slice(-2) as [typeof out.outputs.logits, typeof out.outputs.logits]
    const stages = { embed: out.embed, before, after, logits: out.outputs.logits }
    const program = await compile(stages, { prepack: false, fused: true })
    const found = await program.run({ images })
    await program.release()

    const rowsOf = (name: keyof typeof stages): Rows => toRows(found[name].data as Float32Array, width)
    const embedded = plainEmbed(images, values, config).flat()
    expect(farthest(found.embed.data as Float32Array, embedded)).toBeLessThan(1e-5 * largest(embedded))

    const x = rowsOf('before')
    const at = 'blocks.23'
    const chosen = [0, 1, 300, 576]
    const some = (rows: Rows): Rows => chosen.map((token) => rows[token] as number[])
    const normed = plainNorm(x, values, `${at}.norm1`, eps)
    const attended = plainAttention(normed, values, `${at}.attn`, 16, undefined, chosen)
    const u = plainAdd(some(x), plainScale(attended, values, `${at}.ls1`))
    const inner = plainMlp(plainNorm(u, values, `${at}.norm2`, eps), values, `${at}.mlp`)
    const wanted = plainAdd(u, plainScale(inner, values, `${at}.ls2`)).flat()
    const y = rowsOf('after')
    expect(farthest(some(y).flat(), wanted)).toBeLessThan(1e-5 * largest(wanted))
    expect(farthest(wanted, some(x).flat())).toBeGreaterThan(0.1)

    const logits = plainLogits(y, values, config)
    expect(farthest(found.logits.data as Float32Array, logits)).toBeLessThan(1e-5 * largest(logits))
  })
})
