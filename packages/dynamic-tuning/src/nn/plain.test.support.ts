import { random, type TensorData } from '@dynamic-tuning/engine'

/** Rows of features, in double precision. */
export type Rows = number[][]
export type Values = ReadonlyMap<string, TensorData>

/**
 * Random weights of the given shapes: normal values, norm weights around 1. None
 * is zero, unlike new adapters.
 */
export function randomValues(
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number,
  deviation = 0.4,
): Map<string, TensorData<'float32'>> {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const stream = random(seed, 'test', name)
      const centre = /norm\d?\.weight$/.test(name) ? 1 : 0
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
      return [name, { dtype: 'float32', shape, data: data.map(() => centre + deviation * stream.normal()) }]
    }),
  )
}

/** Standard normal numbers. */
export function noise(size: number, seed: number): Float32Array {
  const stream = random(seed, 'test', 'noise')
  return new Float32Array(size).map(() => stream.normal())
}

/** [rows * width] to rows. */
export function toRows(data: ArrayLike<number>, width: number): Rows {
  return Array.from({ length: data.length / width }, (_, row) =>
    Array.from({ length: width }, (_, i) => data[row * width + i] as number),
  )
}

const at = (values: Values, name: string): ArrayLike<number> => {
  const found = values.get(name)
  if (!found) throw new Error(`plain: no weight ${name}`)
  return found.data as Float32Array
}

export function plainLinear(x: Rows, values: Values, name: string): Rows {
  const weight = at(values, `${name}.weight`)
  const bias = values.has(`${name}.bias`) ? at(values, `${name}.bias`) : undefined
  return x.map((row) => {
    const values = Float64Array.from(row)
    return Array.from({ length: weight.length / row.length }, (_, o) =>
      dotFrom(bias?.[o] ?? 0, values, weight, o * row.length),
    )
  })
}

/** A sum plus the products of `a` with the numbers of `b` from `start` on. Quick: large models take long. */
function dotFrom(sum: number, a: Float64Array, b: ArrayLike<number>, start: number): number {
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[start + i] as number)
  return sum
}

export function plainNorm(x: Rows, values: Values, name: string, epsilon: number): Rows {
  const [weight, bias] = [at(values, `${name}.weight`), at(values, `${name}.bias`)]
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length
    return row.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(variance + epsilon)) * (weight[i] as number) + (bias[i] as number),
    )
  })
}

export function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x)
  let [term, sum] = [x, x]
  for (let n = 1; n < 90; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

export function plainMlp(x: Rows, values: Values, name: string): Rows {
  const hidden = plainLinear(x, values, `${name}.fc1`)
  const active = hidden.map((row) => row.map((v) => 0.5 * v * (1 + erf(v / Math.SQRT2))))
  return plainLinear(active, values, `${name}.fc2`)
}

export function plainAdapter(x: Rows, values: Values, name: string, scale: number): Rows {
  const hidden = plainLinear(x, values, `${name}.down_proj`).map((row) => row.map((v) => Math.max(v, 0)))
  return plainLinear(hidden, values, `${name}.up_proj`).map((row) => row.map((v) => v * scale))
}

/** Rows times one factor for each feature. */
export function plainScale(x: Rows, values: Values, name: string): Rows {
  const gamma = at(values, `${name}.gamma`)
  return x.map((row) => row.map((value, i) => value * (gamma[i] as number)))
}

export function plainSoftmax(row: readonly number[]): number[] {
  const largest = Math.max(...row)
  const powers = row.map((value) => Math.exp(value - largest))
  const total = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / total)
}

/** Added to the score of a query and a key in one head. */
export type PlainBias = (head: number, query: number, key: number) => number

/**
 * Self-attention among the tokens of one image; only active tokens are keys and values. Returns the tokens
 * that are asked for, by default all.
 */
export function plainAttention(
  x: Rows,
  values: Values,
  name: string,
  heads: number,
  active: readonly boolean[] = x.map(() => true),
  asked: readonly number[] = [...x.keys()],
  bias: PlainBias = () => 0,
): Rows {
  const width = (x[0] as number[]).length
  const size = width / heads
  const qkv = plainLinear(x, values, `${name}.qkv`)
  const mixed: Rows = asked.map(() => [])
  for (let head = 0; head < heads; head++) {
    const part = (which: number): Rows =>
      qkv.map((row) => row.slice(which * width + head * size, which * width + (head + 1) * size))
    const queries = part(0)
    const open = [...x.keys()].filter((token) => active[token])
    const [keys, contents] = [part(1), part(2)].map((rows) => open.map((token) => rows[token])) as [
      Rows,
      Rows,
    ]
    for (const [place, token] of asked.entries()) {
      const query = queries[token] as number[]
      const scores = keys.map((key, i) => {
        const product = key.reduce((sum, value, at) => sum + value * (query[at] as number), 0)
        return product / Math.sqrt(size) + bias(head, token, open[i] as number)
      })
      const shares = plainSoftmax(scores)
      for (let i = 0; i < size; i++)
        mixed[place]?.push(
          contents.reduce((sum, row, j) => sum + (shares[j] as number) * (row[i] as number), 0),
        )
    }
  }
  return plainLinear(mixed, values, `${name}.proj`)
}

export function plainAdd(...all: Rows[]): Rows {
  const [first, ...rest] = all as [Rows, ...Rows[]]
  return first.map((row, r) =>
    row.map((value, i) => rest.reduce((sum, x) => sum + (x[r]?.[i] as number), value)),
  )
}

/** Largest difference of two lists, which must be equally long. */
export function farthest(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs((got[i] as number) - (wanted[i] as number))
    if (!(difference <= largest)) largest = difference
  }
  return largest
}
