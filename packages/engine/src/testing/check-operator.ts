import { gradients } from '../autodiff/gradients.ts'
import { allocate, type DType, type TensorData } from '../graph/dtype.ts'
import type { Shape } from '../graph/shape.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { isFloat } from '../ops/compare.ts'
import { add, mul } from '../ops/elementwise.ts'
import { reduceSum } from '../ops/reduce.ts'
import { random } from '../random/random.ts'
import { compile } from '../runtime/node.ts'
import type { Program } from '../runtime/program.ts'
import { expectAllclose } from './allclose.ts'
import { type Plain, plain } from './plain.ts'

/** The part of a graph under test: one or more outputs of given inputs. */
export type Build = (...inputs: Tensor[]) => Tensor | readonly Tensor[]
/** Computes the same values by plain loops in float64. */
export type Reference = (...inputs: Plain[]) => Plain | readonly Plain[]

/** How an operator is checked. */
export interface CheckOptions {
  /**
   * Element type of floating-point inputs: float64, or float32 if the runtime has no kernel for float64.
   */
  readonly dtype?: 'float64' | 'float32'
  /** Shapes of the inputs, with symbols. Default: the shapes of the given values. */
  readonly shapes?: readonly Shape[]
  /** false: check no gradient. A function: expect the gradient of this function (straight-through). */
  readonly gradient?: false | Build
}

interface Precision {
  readonly step: number
  readonly rtol: number
  readonly values: number
}

const precisions: Readonly<Record<'float64' | 'float32', Precision>> = {
  float64: { step: 1e-5, rtol: 1e-6, values: 1e-11 },
  float32: { step: 1e-2, rtol: 1e-3, values: 2e-6 },
}

type Feeds = Record<string, TensorData>

/**
 * Runs `build` on the CPU and checks its values against `reference`, its gradient by directional central
 * differences for every floating-point input, and that the gradient is linear in dy.
 * @throws Error where one of them is wrong
 */
export async function checkOperator(
  build: Build,
  inputs: readonly TensorData[],
  reference: Reference,
  options: CheckOptions = {},
): Promise<void> {
  const { dtype = 'float64', gradient } = options
  const given = inputs.map((data) => convert(data, dtype))
  const leaves = given.map((data, i) => input(`x${i}`, options.shapes?.[i] ?? data.shape, data.dtype))
  const outputs = listOf(build(...leaves))
  const feeds = Object.fromEntries(given.map((data, i) => [`x${i}`, data]))
  const forward = await compile(named('y', outputs), { threads: 1 })
  try {
    const values = await forward.run(feedsOf(forward, feeds))
    const expected = listOf(reference(...given.map(plain)))
    if (expected.length !== outputs.length)
      throw new Error(`reference: ${expected.length} outputs for ${outputs.length}.`)
    const { values: tolerance } = precisions[dtype]
    for (const [i, wanted] of expected.entries())
      expectAllclose(values[`y${i}`] as TensorData, wanted, { rtol: tolerance, atol: tolerance })
    if (gradient !== false) await checkGradient({ leaves, outputs, feeds, values, forward, gradient, dtype })
  } finally {
    await forward.release()
  }
}

interface GradientCheck {
  readonly leaves: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly feeds: Feeds
  readonly values: Feeds
  readonly forward: Program
  readonly gradient: Build | undefined
  readonly dtype: 'float64' | 'float32'
}

async function checkGradient(check: GradientCheck): Promise<void> {
  const { leaves, outputs, feeds, values, dtype } = check
  const chosen = leaves.filter((leaf) => isFloat(leaf.dtype))
  const backward = await compile(named('g', gradientsOf(outputs, chosen)), { threads: 1 })
  try {
    const [dy, other] = ['dy', 'other'].map((key) => directions(outputs, values, key)) as [Feeds, Feeds]
    const known = feedsOf(backward, feeds)
    const found = await backward.run({ ...known, ...feedsOf(backward, dy) })
    if (check.gradient) await compareWithSoft(check.gradient, check, chosen, dy, found)
    else await compareWithDifferences(check, chosen, dy, found)
    const second = await backward.run({ ...known, ...feedsOf(backward, other) })
    const mixed = await backward.run({ ...known, ...feedsOf(backward, combine(dy, 2, other, -3)) })
    const { rtol } = precisions[dtype]
    for (const [name, value] of Object.entries(combine(found, 2, second, -3)))
      expectAllclose(mixed[name] as TensorData, value, { rtol, atol: rtol })
  } finally {
    await backward.release()
  }
}

/** Gradients of sum(y dy) over all floating-point outputs; each dy is an input with the shape of y. */
function gradientsOf(outputs: readonly Tensor[], leaves: readonly Tensor[]): Tensor[] {
  const losses = outputs.flatMap((y, i) =>
    isFloat(y.dtype) ? [reduceSum(mul(y, input(`dy${i}`, y.shape, y.dtype)))] : [],
  )
  return gradients(
    losses.reduce((sum, loss) => add(sum, loss)),
    leaves,
  )
}

async function compareWithDifferences(
  { leaves, outputs, feeds, forward, dtype }: GradientCheck,
  chosen: readonly Tensor[],
  dy: Feeds,
  found: Feeds,
): Promise<void> {
  const { step, rtol } = precisions[dtype]
  const loss = async (name: string, moved: TensorData): Promise<number> => {
    const values = await forward.run(feedsOf(forward, { ...feeds, [name]: moved }))
    return outputs.reduce((sum, _y, i) => sum + dot(values[`y${i}`], dy[`dy${i}`]), 0)
  }
  for (const [i, leaf] of chosen.entries()) {
    const name = `x${leaves.indexOf(leaf)}`
    const start = feeds[name] as TensorData
    const gradient = found[`g${i}`] as TensorData
    for (const key of ['first', 'second']) {
      const way = normal(start, name, key)
      const ahead = await loss(name, combineOne(start, 1, way, step))
      const behind = await loss(name, combineOne(start, 1, way, -step))
      const scale = Math.max(Math.sqrt(dot(gradient, gradient)), 1e-3)
      expectAllclose([dot(gradient, way)], [(ahead - behind) / (2 * step)], { rtol, atol: rtol * scale })
    }
  }
}

async function compareWithSoft(
  soft: Build,
  { leaves, feeds, dtype }: GradientCheck,
  chosen: readonly Tensor[],
  dy: Feeds,
  found: Feeds,
): Promise<void> {
  const program = await compile(named('g', gradientsOf(listOf(soft(...leaves)), chosen)), { threads: 1 })
  const wanted = await program.run(feedsOf(program, { ...feeds, ...dy }))
  await program.release()
  const tolerance = precisions[dtype].values
  for (const [name, value] of Object.entries(wanted))
    expectAllclose(found[name] as TensorData, value, { rtol: tolerance, atol: tolerance })
}

function listOf<T extends object>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? (one as readonly T[]) : [one as T]
}

function named(prefix: string, tensors: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`${prefix}${i}`, tensor]))
}

function feedsOf(program: Program, feeds: Feeds): Feeds {
  const known = new Set(program.inputs.map((value) => value.name))
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name)))
}

function convert(data: TensorData, dtype: DType): TensorData {
  if (!isFloat(data.dtype) || data.dtype === dtype) return data
  const to = allocate(dtype, data.data.length) as Float64Array
  to.set(data.data as Float64Array)
  return { dtype, shape: data.shape, data: to } as TensorData
}

function normal(like: TensorData, ...keys: string[]): TensorData {
  const stream = random(2, ...keys, ...like.shape)
  const data = allocate(like.dtype, like.data.length) as Float64Array
  return { ...like, data: data.map(() => stream.normal()) } as TensorData
}

function directions(outputs: readonly Tensor[], values: Feeds, key: string): Feeds {
  return Object.fromEntries(
    outputs.flatMap((y, i) =>
      isFloat(y.dtype) ? [[`dy${i}`, normal(values[`y${i}`] as TensorData, key)]] : [],
    ),
  )
}

function combineOne(a: TensorData, s: number, b: TensorData, t: number): TensorData {
  const [left, right] = [a.data as Float64Array, b.data as Float64Array]
  return { ...a, data: left.map((value, i) => s * value + t * (right[i] as number)) } as TensorData
}

function combine(a: Feeds, s: number, b: Feeds, t: number): Feeds {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, combineOne(value, s, b[name] as TensorData, t)]),
  )
}

function dot(a: TensorData | undefined, b: TensorData | undefined): number {
  if (a === undefined || b === undefined) return 0
  return (a.data as Float64Array).reduce((sum, value, i) => sum + value * Number(b.data[i]), 0)
}
