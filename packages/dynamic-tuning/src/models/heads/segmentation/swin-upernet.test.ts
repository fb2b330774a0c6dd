import { compile, input, type Tensor } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelCost } from '../../../cost/model-cost.ts'
import { network } from '../../../network/network.ts'
import { farthest, noise, plainNorm, randomValues } from '../../../nn/plain.test.support.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { present } from '../../../present.ts'
import { buildModel, modelShapes } from '../../build-model.ts'
import { modelOf } from '../../model.ts'
import type { SwinModelConfig } from '../../model-config.ts'
import { modelConfig } from '../../named-model.ts'
import { tinySwin } from '../../swin/swin.test.support.ts'
import { plainConv, plainMap, plainUper } from './plain-upernet.test.support.ts'
import { withSegmentation } from './with-segmentation.ts'

/** Four stages as in official Swins, not square. */
const swin: SwinModelConfig = {
  ...tinySwin,
  imageSize: [32, 64],
  depths: [1, 2, 1, 1],
  numHeads: [1, 1, 2, 2],
}
/** The last layer of each stage, its grid and features. */
const ends = [
  { layer: 0, grid: [16, 32], width: 4 },
  { layer: 2, grid: [8, 16], width: 8 },
  { layer: 3, grid: [4, 8], width: 16 },
  { layer: 4, grid: [2, 4], width: 32 },
] as const

/** Logits of a model, and the tokens [N, C] after the last layer of each stage. */
async function runOf(head: 'linear' | 'upernet') {
  const model = modelOf(withSegmentation(swin, { head, channels: 5 }))
  const values = randomValues(modelShapes(model), 3, 0.3)
  for (const [name, { data }] of values)
    if (name.endsWith('running_var'))
      for (let i = 0; i < data.length; i++) data[i] = 0.5 + Math.abs(Number(data[i]))
  const store = new WeightStore({ tensors: values })
  const { outputs, blocks } = buildModel(input('images', ['B', 3, 32, 64]), store, model)
  const tokens = blocks.map((block, i) => [`block${i}`, block] as const)
  const all: Record<string, Tensor> = { logits: outputs.logits, ...Object.fromEntries(tokens) }
  const program = await compile(all, { threads: 1 })
  const after = await program.run({ images: noise(3 * 32 * 64, 4) })
  await program.release()
  const stages = ends.map(({ layer, grid, width }) => {
    const { shape, data } = present(after[`block${layer}`], 'tokens')
    expect(shape).toEqual([1, grid[0] * grid[1], width])
    const flat = Array.from(data, Number)
    const rows = Array.from({ length: grid[0] * grid[1] }, (_, n) => flat.slice(n * width, (n + 1) * width))
    return { rows, grid }
  })
  const { data, shape } = present(after.logits, 'logits')
  return { logits: Array.from(data, Number), shape, stages, values }
}

function expectNear(got: readonly number[], wanted: readonly number[]): void {
  const scale = Math.max(...wanted.map(Math.abs))
  expect(scale).toBeGreaterThan(0.1)
  expect(farthest(got, wanted)).toBeLessThan(2e-5 * Math.max(1, scale))
}

describe('heads on the stages of a Swin', () => {
  it('UPerNet is what plain loops give of the four stages, each after a norm of its own', async () => {
    const { logits, shape, stages, values } = await runOf('upernet')
    const levels = stages.map(({ rows, grid }, i) =>
      plainMap(plainNorm(rows, values, `norm${i}`, 1e-5), grid),
    )
    expect(shape).toEqual([1, 3, 16, 32])
    expectNear(logits, plainUper(levels, values).flat(2))
  })

  it('the linear head reads the last stage after the final norm', async () => {
    const { logits, shape, stages, values } = await runOf('linear')
    const { rows, grid } = present(stages.at(-1), 'the last stage')
    const map = plainMap(plainNorm(rows, values, 'norm', 1e-5), grid)
    expect(shape).toEqual([1, 3, 2, 4])
    expectNear(logits, plainConv(map, values, 'decode_head.conv_seg', 1).flat(2))
  })

  it('UPerNet on Swin-T has the published parameters and cost, and each part its own', () => {
    const side = 448
    const segmentation = { head: 'upernet' } as const
    const config = modelConfig('swin_tiny_patch4_window7_224', 150, { imageSize: [side, side], segmentation })
    const { params, flops } = modelCost({ network: network(modelOf(config)) })
    // 60 M and 945 G at 512 x 2048 (arXiv:2103.14030, table 3), where maps are padded to whole windows.
    expect((params.total / 1e6).toFixed(0)).toBe('60')
    const printed = (945e9 * side ** 2) / (512 * 2048)
    expect(flops.total / printed).toBeGreaterThan(0.99)
    expect(flops.total / printed).toBeLessThan(1)
    const [M, places] = [512, [112 ** 2, 56 ** 2, 28 ** 2] as const]
    const over = (cost: (width: number) => number): number =>
      places.reduce((sum, count, stage) => sum + count * cost(96 << stage), 0)
    expect(flops.parts['decode_head.lateral_convs']).toBe(over((width) => width * M + 2 * M))
    // Two resizes from coarse to fine join the first three; 4 for each value.
    expect(flops.parts['decode_head.fpn_convs']).toBe(over(() => 9 * M * M + 2 * M + 4 * M))
    expect(flops.parts['decode_head.fpn_bottleneck']).toBe(places[0] * (36 * M * M + 2 * M + 3 * 4 * M))
    expect(flops.parts['decode_head.conv_seg']).toBe(places[0] * M * 150)
  })
})
