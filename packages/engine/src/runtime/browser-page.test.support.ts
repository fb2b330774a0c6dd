import { constant, input } from '../graph/tensor.ts'
import { mul } from '../ops/elementwise.ts'
import { reduceSum } from '../ops/reduce.ts'
import { sceneValues } from './scene-values.test.support.ts'
import { compile } from './web.ts'

/** Sum of 17 million weights and an input: too many bytes to be stored in the model itself. */
async function largeSum(): Promise<number> {
  const size = 17 * 2 ** 20
  const data = Float32Array.from({ length: size }, (_, i) => (i % 7) - 3)
  const weights = constant({ dtype: 'float32', shape: [size / 1024, 1024], data }, 'weights')
  const program = await compile({ sum: reduceSum(mul(weights, input('x', [1]))) })
  const { sum } = await program.run({ x: Float32Array.of(2) })
  await program.release()
  return Number(sum.data[0])
}

/** Functions of the page: the values of the scenes on its devices. */
Object.assign(globalThis, {
  sceneValues: (device: 'wasm' | 'webgpu') => sceneValues(compile, { device }),
  largeSum,
})
