import type { TensorData } from '@dynamic-tuning/engine'
import { erf, type Values } from '../../../nn/plain.test.support.ts'

/** Weights with positive variances. */
export function withVariances(values: Map<string, TensorData>): Map<string, TensorData> {
  for (const [name, { data }] of values)
    if (name.endsWith('running_var'))
      for (let i = 0; i < data.length; i++) data[i] = 0.5 + Math.abs(Number(data[i]))
  return values
}

/** A map of one image: value at channel, row and column. */
export type PlainMap = number[][][]

/** Weights by name; each reader checks nothing. */
interface Reader {
  at(name: string): Float32Array
}

const read = (values: Values): Reader => ({ at: (name) => values.get(name)?.data as Float32Array })

const mapFrom = (
  channels: number,
  rows: number,
  columns: number,
  value: (c: number, y: number, x: number) => number,
): PlainMap =>
  Array.from({ length: channels }, (_, c) =>
    Array.from({ length: rows }, (_, y) => Array.from({ length: columns }, (_, x) => value(c, y, x))),
  )

const sizeOf = (map: PlainMap): [number, number, number] => [
  map.length,
  (map[0] as number[][]).length,
  ((map[0] as number[][])[0] as number[]).length,
]

const valueAt = (map: PlainMap, c: number, y: number, x: number): number => map[c]?.[y]?.[x] ?? 0

/** Tokens [N, C], row by row, as a map. */
export function plainMap(tokens: readonly number[][], [rows, columns]: readonly [number, number]): PlainMap {
  const width = (tokens[0] as number[]).length
  return mapFrom(width, rows, columns, (c, y, x) => tokens[y * columns + x]?.[c] as number)
}

/** Convolution with a square kernel, zeros around the map. */
export function plainConv(map: PlainMap, values: Values, name: string, kernel: 1 | 3): PlainMap {
  const weight = read(values).at(`${name}.weight`)
  const bias = values.get(`${name}.bias`)?.data
  const [channels, rows, columns] = sizeOf(map)
  const taps = kernel ** 2
  const out = weight.length / channels / taps
  const edge = (kernel - 1) / 2
  return mapFrom(out, rows, columns, (o, y, x) => {
    let sum = Number(bias?.[o] ?? 0)
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < taps; t++) {
        const [row, column] = [y + Math.floor(t / kernel) - edge, x + (t % kernel) - edge]
        sum += valueAt(map, c, row, column) * (weight[(o * channels + c) * taps + t] as number)
      }
    return sum
  })
}

/** Convolution, batch norm with stored statistics, ReLU. */
function plainUnit(map: PlainMap, values: Values, name: string, kernel: 1 | 3): PlainMap {
  const of = (part: string): Float32Array => read(values).at(`${name}.bn.${part}`)
  const [scale, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(of)
  const mapped = plainConv(map, values, `${name}.conv`, kernel)
  const [channels, rows, columns] = sizeOf(mapped)
  return mapFrom(channels, rows, columns, (c, y, x) => {
    const centred = valueAt(mapped, c, y, x) - (mean?.[c] as number)
    const normed = centred / Math.sqrt((variance?.[c] as number) + 1e-5)
    return Math.max(0, normed * (scale?.[c] as number) + (shift?.[c] as number))
  })
}

/** Bilinear, corners not aligned. */
export function plainResize(map: PlainMap, rows: number, columns: number): PlainMap {
  const [channels, height, width] = sizeOf(map)
  const place = (i: number, count: number, size: number): [number, number, number] => {
    const position = Math.max(((i + 0.5) * size) / count - 0.5, 0)
    const low = Math.min(Math.floor(position), size - 1)
    return [low, Math.min(low + 1, size - 1), position - low]
  }
  return mapFrom(channels, rows, columns, (c, y, x) => {
    const [top, bottom, down] = place(y, rows, height)
    const [left, right, across] = place(x, columns, width)
    const along = (row: number): number =>
      valueAt(map, c, row, left) * (1 - across) + valueAt(map, c, row, right) * across
    return along(top) * (1 - down) + along(bottom) * down
  })
}

const like = (map: PlainMap, other: PlainMap): PlainMap =>
  plainResize(map, sizeOf(other)[1], sizeOf(other)[2])

/** Means of s x s cells, which overlap where s does not divide the size. */
function plainPool(map: PlainMap, cells: number): PlainMap {
  const [channels, rows, columns] = sizeOf(map)
  const range = (i: number, size: number): number[] => {
    const [start, end] = [Math.floor((i * size) / cells), Math.ceil(((i + 1) * size) / cells)]
    return Array.from({ length: end - start }, (_, at) => start + at)
  }
  return mapFrom(channels, cells, cells, (c, y, x) => {
    const [ys, xs] = [range(y, rows), range(x, columns)]
    const sum = ys.flatMap((row) => xs.map((column) => valueAt(map, c, row, column)))
    return sum.reduce((a, b) => a + b, 0) / sum.length
  })
}

/** Transposed convolution of 2 x 2 with stride 2. */
export function plainDouble(map: PlainMap, values: Values, name: string): PlainMap {
  const [weight, bias] = [read(values).at(`${name}.weight`), read(values).at(`${name}.bias`)]
  const [channels, rows, columns] = sizeOf(map)
  const out = bias.length
  return mapFrom(out, 2 * rows, 2 * columns, (o, y, x) => {
    let sum = bias[o] as number
    for (let c = 0; c < channels; c++) {
      const tap = ((c * out + o) * 2 + (y % 2)) * 2 + (x % 2)
      sum += valueAt(map, c, y >> 1, x >> 1) * (weight[tap] as number)
    }
    return sum
  })
}

/** GELU of every value. */
export function plainGelu(map: PlainMap): PlainMap {
  return map.map((rows) => rows.map((row) => row.map((v) => 0.5 * v * (1 + erf(v / Math.SQRT2)))))
}

/** The largest of 2 x 2; an odd last row or column is left out. */
export function plainHalve(map: PlainMap): PlainMap {
  const [channels, rows, columns] = sizeOf(map)
  return mapFrom(channels, rows >> 1, columns >> 1, (c, y, x) =>
    Math.max(...[0, 1].flatMap((a) => [0, 1].map((b) => valueAt(map, c, 2 * y + a, 2 * x + b)))),
  )
}

/** Logits of a UPerNet at inference from the maps of its pyramid, the finest first. */
export function plainUper(levels: readonly PlainMap[], values: Values): PlainMap {
  const unit = (map: PlainMap, name: string, kernel: 1 | 3): PlainMap =>
    plainUnit(map, values, `decode_head.${name}`, kernel)
  const coarsest = levels.at(-1) as PlainMap
  const pooled = [1, 2, 3, 6].map((cells, i) =>
    like(unit(plainPool(coarsest, cells), `psp_modules.${i}.1`, 1), coarsest),
  )
  let above = unit([coarsest, ...pooled].flat(), 'bottleneck', 3)
  const all = [above]
  for (let k = levels.length - 2; k >= 0; k--) {
    const lateral = unit(levels[k] as PlainMap, `lateral_convs.${k}`, 1)
    const raised = like(above, lateral)
    above = lateral.map((rows, c) => rows.map((row, y) => row.map((v, x) => v + valueAt(raised, c, y, x))))
    all.unshift(unit(above, `fpn_convs.${k}`, 3))
  }
  const finest = all[0] as PlainMap
  const fused = unit(
    all.flatMap((map) => like(map, finest)),
    'fpn_bottleneck',
    3,
  )
  return plainConv(fused, values, 'decode_head.conv_seg', 1)
}

/** Logits of the auxiliary head at inference, from the map before the coarsest. */
export function plainAuxiliary(levels: readonly PlainMap[], values: Values): PlainMap {
  const hidden = plainUnit(levels.at(-2) as PlainMap, values, 'auxiliary_head.convs.0', 3)
  return plainConv(hidden, values, 'auxiliary_head.conv_seg', 1)
}
