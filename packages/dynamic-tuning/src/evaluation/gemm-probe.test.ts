import { random } from '@dynamic-tuning/engine'
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
  const drawn = (name: string, of: number, by: number): number[][] => {
    const { normal } = random(3, 'gemm', name)
    return Array.from({ length: of }, () => Array.from({ length: by }, () => normal() / Math.sqrt(by)))
  }
  const through = (all: number[][], weights: number[][]): number[][] =>
    all.map((row) => weights.map((each) => each.reduce((sum, weight, i) => sum + weight * (row[i] ?? 0), 0)))
  let wanted = drawn('x', rows, 8)
  for (let pair = 0; pair < 6; pair++)
    wanted = through(through(wanted, drawn('fc1', 16, 8)), drawn('fc2', 8, 16))
  for (const [i, value] of wanted.flat().entries()) expect(y.data[i]).toBeCloseTo(value, 4)
  await probe.release()
})

it('takes the shapes of the middle layer where they differ', async () => {
  const probe = await gemmProbe(tinySwin, { compile: { threads: 1 }, seed: 3 })
  expect(probe.shape).toEqual([8 * 8, 8, 16])
  await probe.release()
})
