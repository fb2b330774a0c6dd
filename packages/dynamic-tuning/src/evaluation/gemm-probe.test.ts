import { expect, it } from 'vitest'
import { tinySwin } from '../models/swin/swin.test.support.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { gemmProbe } from './gemm-probe.ts'

it('multiplies the matrices whose operations it counts', async () => {
  const config = {
    ...vitConfig('vit_tiny_patch16_96', 10),
    embedDim: 8,
    mlpRatio: 2,
    imageSize: [32, 32] as const,
  }
  const probe = await gemmProbe(config, { compile: { threads: 1 }, seed: 3 })
  const rows = 8 * 5
  expect(probe.shape).toEqual([rows, 8, 16])
  expect(probe.flops).toBe(6 * (2 * (rows * 8 * 16) + 2 * (rows * 16 * 8)))
  const { y } = (await probe.run()) as { y: { shape: number[]; data: Float32Array } }
  expect(y.shape).toEqual([rows, 8])
  expect(y.data.some((value) => value !== 0)).toBe(true)
  await probe.release()
})

it('takes the shapes of the middle layer where they differ', async () => {
  const probe = await gemmProbe(tinySwin, { compile: { threads: 1 }, seed: 3 })
  expect(probe.shape).toEqual([8 * 8, 8, 16])
  await probe.release()
})
