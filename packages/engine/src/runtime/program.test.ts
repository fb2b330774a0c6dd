import { describe, expect, it } from 'vitest'
import type { DType, TensorData } from '../graph/dtype.ts'
import { DTypeError, GraphError, ShapeError } from '../graph/errors.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { cast } from '../ops/compare.ts'
import { add, mul } from '../ops/elementwise.ts'
import { gatherRows } from '../ops/gather.ts'
import { matMul } from '../ops/matrix.ts'
import { reshape } from '../ops/shape.ts'
import { expectAllclose, tensor } from '../testing/index.ts'
import { compile } from './node.ts'
import type { CompileOptions, Feeds, Program } from './program.ts'

/** Runs `use` on a program and frees it. */
async function using(
  outputs: Record<string, Tensor>,
  use: (program: Program) => Promise<void>,
  options?: CompileOptions,
): Promise<void> {
  const program = await compile(outputs, options)
  try {
    await use(program)
  } finally {
    await program.release()
  }
}
const refusals = (program: Program, refused: [Feeds, RegExp, new () => Error][]): Promise<unknown> =>
  Promise.all(
    refused.map(async ([feeds, message, type]) => {
      const error = await program.run(feeds).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(type)
      expect((error as Error).message).toMatch(message)
    }),
  )

describe('feeds', () => {
  const images = input('images', ['B', 3])
  const labels = input('labels', ['B', 1], 'int64')
  const y = add(images, cast(labels, 'float32'))

  it('are refused where names, types, shapes or lengths are wrong', () =>
    using({ y }, async (program) => {
      const good = { images: new Float32Array(6), labels: new BigInt64Array(2) }
      await refusals(program, [
        [{ ...good, image: good.images }, /no input is called image\. Inputs are images, labels/, GraphError],
        [{ images: good.images }, /input labels is missing\. Give int64 \[B, 1\]/, GraphError],
        [{ ...good, images: new Float64Array(6) }, /takes float32 \[B, 3\], got a Float64Array/, DTypeError],
        [{ ...good, images: new Int32Array(6) }, /takes float32 \[B, 3\], got a Int32Array/, DTypeError],
        [{ ...good, labels: tensor([2, 1], [0, 0], 'float32') }, /got float32 \[2, 1\]. Convert/, DTypeError],
        [{ ...good, images: new Float32Array(7) }, /got 7 elements/, ShapeError],
        [
          { ...good, images: tensor([2, 4], new Array<number>(8).fill(0), 'float32') },
          /got float32 \[2, 4\]/,
          ShapeError,
        ],
        [
          { ...good, images: tensor([6], new Array<number>(6).fill(0), 'float32') },
          /got float32 \[6\]/,
          ShapeError,
        ],
        [
          { ...good, images: tensor([2, 3, 1], new Array<number>(6).fill(0), 'float32') },
          /got float32/,
          ShapeError,
        ],
        [
          { ...good, labels: new BigInt64Array(3) },
          /labels takes int64 \[B, 1\], got 3 elements/,
          ShapeError,
        ],
        [
          { ...good, images: { dtype: 'float32', shape: [2, 3], data: new Float32Array(5) } },
          /has 5 elements, got float32 \[2, 3\]/,
          ShapeError,
        ],
        [
          {
            ...good,
            images: { dtype: 'float32', shape: [2, 3], data: new Float64Array(6) as unknown as Float32Array },
          },
          /got a Float64Array/,
          DTypeError,
        ],
      ])
    }))

  it('bind symbols by shape or by length, afresh in every run', () =>
    using({ y }, async (program) => {
      for (const size of [2, 1, 0, 3]) {
        const found = await program.run({
          images: Float32Array.from({ length: size * 3 }, (_, i) => i),
          labels: tensor([size, 1], new Array<number>(size).fill(10), 'int64'),
        })
        const data = Array.from({ length: size * 3 }, (_, i) => i + 10)
        expectAllclose(found.y as TensorData, { shape: [size, 3], data })
      }
    }))

  it('solve products of symbols and refuse what does not divide', () =>
    using(
      { y: reshape(input('rows', ['4*B', 'N']), ['B', 4, 'N'], input('other', ['N', 'B'])) },
      async (program) => {
        const other = tensor([3, 2], [0, 0, 0, 0, 0, 0], 'float32')
        const { y: found } = await program.run({ rows: new Float32Array(24).fill(2), other })
        expectAllclose(found as TensorData, { shape: [2, 4, 3], data: new Array<number>(24).fill(2) })
        const rows = tensor([6, 3], new Array<number>(18).fill(0), 'float32')
        await refusals(program, [
          [{ rows, other: new Float32Array(3) }, /rows takes float32 \[4\*B, N\], got/, ShapeError],
        ])
      },
    ))

  it('with two unknown sizes need a shape', () =>
    using({ y: mul(input('x', ['A', 'B']), 2) }, async (program) => {
      await refusals(program, [
        [{ x: new Float32Array(6) }, /sizes of input x, float32 \[A, B\], are open/, ShapeError],
      ])
      const { y: found } = await program.run({ x: tensor([2, 2], [1, 2, 3, 4], 'float32') })
      expectAllclose(found as TensorData, { shape: [2, 2], data: [2, 4, 6, 8] })
    }))
})

describe('a program', () => {
  const dtypes: DType[] = ['float32', 'float64', 'float16', 'int32', 'int64', 'int8', 'uint8', 'bool']
  it.each(dtypes)('takes and gives %s', (dtype) =>
    using({ y: input('x', ['N'], dtype) }, async (program) => {
      const x = tensor([3], [1, 0, 1], dtype)
      const { y } = await program.run({ x })
      expect(y).toEqual(x)
      expect((await program.run({ x: x.data })).y).toEqual(x)
      expect(((await program.run({ x: tensor([0], [], dtype) })).y as TensorData).shape).toEqual([0])
    }),
  )

  it('says what it takes and gives', () =>
    using({ y: mul(input('x', ['B', 2]), 2) }, async ({ inputs, outputs }) => {
      expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['B', 2] }])
      expect(outputs).toEqual([{ name: 'y', dtype: 'float32', shape: ['B', 2] }])
    }))

  it('is released once, however often asked, and then runs no more', async () => {
    const program = await compile({ y: input('x', [1]) })
    await program.release()
    await expect(program.release()).resolves.toBeUndefined()
    await expect(program.run({ x: Float32Array.of(1) })).rejects.toThrow(/run: the program was released/)
    await expect(program.run({ x: Float32Array.of(1) })).rejects.toBeInstanceOf(GraphError)
  })

  it('takes runs side by side', () =>
    using({ y: matMul(input('x', ['B', 64]), input('w', [64, 64])) }, async (program) => {
      const w = Float32Array.from({ length: 64 * 64 }, (_, i) => Number(i % 65 === 0))
      const runs = [1, 2, 3, 4].map((value) => program.run({ x: new Float32Array(64).fill(value), w }))
      for (const [i, { y }] of (await Promise.all(runs)).entries())
        expectAllclose(y as TensorData, { shape: [1, 64], data: new Array<number>(64).fill(i + 1) })
    }))

  it('reports an error of the runtime as one of its own', () =>
    using({ y: gatherRows(input('x', [2, 1]), input('rows', ['K', 1], 'int64')) }, async (program) => {
      const x = Float32Array.of(1, 2)
      await refusals(program, [
        [{ x, rows: BigInt64Array.of(2n) }, /run: ONNX Runtime failed, .*GatherND/, GraphError],
      ])
      const { y } = await program.run({ x, rows: BigInt64Array.of(1n) })
      expectAllclose(y as TensorData, { shape: [1, 1], data: [2] })
    }))

  it('works the same with every setting', async () => {
    const settings: CompileOptions[] = [
      { threads: 1 },
      { threads: 2 },
      { prepack: false },
      { spin: false },
      { fused: true },
    ]
    for (const options of settings)
      await using(
        { y: matMul(input('x', [1, 2]), input('w', [2, 2])) },
        async (program) => {
          const { y } = await program.run({ x: Float32Array.of(1, 2), w: Float32Array.of(1, 2, 3, 4) })
          expectAllclose(y as TensorData, { shape: [1, 2], data: [7, 10] })
        },
        options,
      )
  })

  it('is refused on devices that are not there', async () => {
    const outputs = { y: input('x', [1]) }
    await expect(compile(outputs, { device: 'wasm' })).rejects.toThrow(
      /device wasm is not available here. Choose one of .*cpu/,
    )
    await expect(compile(outputs, { device: 'npu' as 'cpu' })).rejects.toBeInstanceOf(GraphError)
  })
})
