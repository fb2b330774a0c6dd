import type { TensorData } from '@dynamic-tuning/engine'
import type { VitModelConfig } from '../models/model-config.ts'
import type { PlainTuning } from '../models/vit/plain-vit.test.support.ts'
import { plainLinear, type Rows, toRows, type Values } from '../nn/plain.test.support.ts'

/** A method in plain loops: equivalent dense weights, or its changes to the layers. */
export interface PlainMethod {
  readonly values: Values
  readonly tuning?: Partial<PlainTuning>
}

/** Settings of a twin's method. */
export interface PlainSettings {
  readonly rank?: number
  readonly scale?: number
  readonly num_tokens?: number
  readonly bottleneck?: number
}

type Doubles = Float64Array
const data = (values: Values, name: string): Doubles => values.get(name)?.data as Doubles
const dense = (shape: readonly number[], entries: Doubles): TensorData => ({
  dtype: 'float64',
  shape,
  data: entries,
})

export const plainMethods: Readonly<
  Record<string, (values: Values, config: VitModelConfig, settings: PlainSettings) => PlainMethod>
> = {
  lora: (values, { depth, embedDim: c }, { rank = 0, scale = 0 }) => {
    const changed = new Map(values)
    for (let i = 0; i < depth; i++) {
      const at = `blocks.${i}.attn`
      const weight = Float64Array.from(data(values, `${at}.qkv.weight`))
      for (const [name, first] of [
        ['q', 0],
        ['v', 2 * c],
      ] as const)
        for (let o = 0; o < c; o++)
          for (let x = 0; x < c; x++)
            for (let k = 0; k < rank; k++) {
              const up = data(values, `${at}.lora_${name}.up.weight`)[o * rank + k] as number
              const down = data(values, `${at}.lora_${name}.down.weight`)[k * c + x] as number
              weight[(first + o) * c + x] = (weight[(first + o) * c + x] as number) + scale * up * down
            }
      changed.set(`${at}.qkv.weight`, dense([3 * c, c], weight))
    }
    return { values: changed }
  },
  ssf: (values) => {
    const changed = new Map(values)
    for (const [name, { shape }] of values) {
      const site = name.replace(/\.ssf_scale$/, '')
      if (site === name) continue
      const [gamma, beta] = [data(values, name), data(values, `${site}.ssf_shift`)]
      const weight = data(values, `${site}.weight`)
      const row = weight.length / gamma.length
      const bias = data(values, `${site}.bias`) ?? new Float64Array(gamma.length)
      changed.set(`${site}.weight`, {
        ...(values.get(`${site}.weight`) as TensorData),
        data: weight.map((value, i) => value * (gamma[Math.floor(i / row)] as number)),
      } as TensorData)
      changed.set(
        `${site}.bias`,
        dense(
          shape,
          gamma.map((g, i) => g * (bias[i] as number) + (beta[i] as number)),
        ),
      )
    }
    return { values: changed }
  },
  'fact-tt': (values, config, settings) =>
    plainFact(values, config, settings, (layer, piece, a, b) => {
      const { rank: r = 0 } = settings
      const m = config.mlpRatio
      const at = `blocks.${layer}`
      const names = ['q', 'k', 'v', 'proj']
      if (piece < 4) return data(values, `${at}.attn.fact_${names[piece]}.weight`)[a * r + b] as number
      const j = piece - 4
      if (j < m) return data(values, `${at}.mlp.fact_fc1.weight`)[(j * r + a) * r + b] as number
      return data(values, `${at}.mlp.fact_fc2.weight`)[a * m * r + (j - m) * r + b] as number
    }),
  'fact-tk': (values, config, settings) =>
    plainFact(values, config, settings, (layer, piece, a, b) => {
      const { rank: r = 0 } = settings
      const m = config.mlpRatio
      const columns = 4 + 2 * m
      const g = (row: number, column: number, n: number): number => {
        let sum = 0
        for (let z = 0; z < r; z++) {
          const share = data(values, 'fact.factors')[
            z * columns * config.depth + layer * columns + n
          ] as number
          sum += (data(values, 'fact.core')[(row * r + column) * r + z] as number) * share
        }
        return sum
      }
      if (piece < 4) return g(b, a, piece)
      const j = (piece - 4) % m
      const from = piece < 4 + m ? 4 : 4 + m
      // Memory order of [r, r, m] viewed as [r, r m]; fc1's is transposed.
      const [row, flat] = piece < 4 + m ? [b, j * r + a] : [a, j * r + b]
      return g(row, Math.floor(flat / m), from + (flat % m))
    }),
  'vpt-shallow': (values, { embedDim: c }) => ({
    values,
    tuning: {
      enter(x, layer) {
        if (layer > 0) return x
        return [x[0] as number[], ...toRows(data(values, 'prompt_embeddings'), c), ...x.slice(1)]
      },
    },
  }),
  'vpt-deep': (values, { embedDim: c }, { num_tokens: count = 0 }) => ({
    values,
    tuning: {
      enter(x, layer) {
        const deep = data(values, 'deep_prompt_embeddings')
        const own =
          layer === 0
            ? data(values, 'prompt_embeddings')
            : deep.subarray((layer - 1) * count * c, layer * count * c)
        return [x[0] as number[], ...toRows(own, c), ...x.slice(layer === 0 ? 1 : 1 + count)]
      },
    },
  }),
  convpass: (values, config, settings) => ({
    values,
    tuning: {
      bypass: (normed, part, layer) =>
        plainBypass(normed, values, `blocks.${layer}.convpass_${part}`, config, settings),
    },
  }),
}

/** Adds s V S U to every piece, S[a, b] of piece 0..3 (q, k, v, proj), then fc1's and fc2's. */
function plainFact(
  values: Values,
  { depth, embedDim: c, mlpRatio: m }: VitModelConfig,
  { rank: r = 0, scale = 0 }: PlainSettings,
  core: (layer: number, piece: number, a: number, b: number) => number,
): PlainMethod {
  const [u, v] = [data(values, 'fact.u.weight'), data(values, 'fact.v.weight')]
  const changed = new Map(values)
  const maps: [string, number, number, number][] = [
    ['attn.qkv', 0, 3, c],
    ['attn.proj', 3, 1, c],
    ['mlp.fc1', 4, m, c],
    ['mlp.fc2', 4 + m, m, m * c],
  ]
  for (let layer = 0; layer < depth; layer++)
    for (const [name, first, count, columns] of maps) {
      const weight = Float64Array.from(data(values, `blocks.${layer}.${name}.weight`))
      for (let j = 0; j < count; j++)
        for (let o = 0; o < c; o++)
          for (let x = 0; x < c; x++) {
            let sum = 0
            for (let a = 0; a < r; a++)
              for (let b = 0; b < r; b++)
                sum += (v[o * r + a] as number) * core(layer, first + j, a, b) * (u[b * c + x] as number)
            const at = name === 'mlp.fc2' ? o * columns + j * c + x : (j * c + o) * columns + x
            weight[at] = (weight[at] as number) + scale * sum
          }
      changed.set(`blocks.${layer}.${name}.weight`, dense([weight.length / columns, columns], weight))
    }
  return { values: changed }
}

const quick = (x: number): number => x / (1 + Math.exp(-1.702 * x))

function plainBypass(
  normed: Rows,
  values: Values,
  name: string,
  { imageSize, patchSize }: VitModelConfig,
  { bottleneck: h = 0, scale = 0 }: PlainSettings,
): Rows {
  const [height, width] = imageSize.map((side) => side / patchSize) as [number, number]
  const inner = plainLinear(normed, values, `${name}.down`).map((row) => row.map(quick))
  const [kernel, bias] = [data(values, `${name}.conv.weight`), data(values, `${name}.conv.bias`)]
  const tap = (token: number[] | undefined, out: number, dy: number, dx: number): number =>
    token?.reduce(
      (sum, value, i) => sum + value * (kernel[((out * h + i) * 3 + dy) * 3 + dx] as number),
      0,
    ) ?? 0
  const mixed = inner.map((row, token) =>
    row.map((_, out) => {
      if (token === 0) return quick((bias[out] as number) + tap(row, out, 1, 1))
      const [y, x] = [Math.floor((token - 1) / width), (token - 1) % width]
      let sum = bias[out] as number
      for (let dy = 0; dy < 3; dy++)
        for (let dx = 0; dx < 3; dx++) {
          const [yy, xx] = [y + dy - 1, x + dx - 1]
          if (yy >= 0 && yy < height && xx >= 0 && xx < width)
            sum += tap(inner[1 + yy * width + xx], out, dy, dx)
        }
      return quick(sum)
    }),
  )
  return plainLinear(mixed, values, `${name}.up`).map((row) => row.map((value) => value * scale))
}
