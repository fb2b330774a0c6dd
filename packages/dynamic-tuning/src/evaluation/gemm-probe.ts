import { type CompileOptions, compile, constant, input, linear, random } from '@dynamic-tuning/engine'
import { depthOf, layerAt } from '../models/families.ts'
import { tokensIn } from '../models/layer-sizes.ts'
import type { ModelConfig } from '../models/model-config.ts'

/** A program that consists of large matrix products only. */
export interface GemmProbe {
  /** Rows, features and hidden features of the products. */
  readonly shape: readonly [number, number, number]
  /** Floating-point operations per run: two for each multiply-accumulate. */
  readonly flops: number
  run(): Promise<unknown>
  release(): Promise<void>
}

/** The rows are the tokens of this many images: enough to use the runtime's blocking fully. */
const images = 8
/** Product pairs per run: enough that the overhead of starting a run and waking threads is negligible. */
const pairs = 6

/**
 * The two matrix products of the MLP in a model's middle layer, [R, C] x [C, H] x [H, C], in float32 over the
 * tokens of eight images, repeated six times. Shows how fast this machine multiplies matrices of these shapes
 * with these threads: an upper bound for everything built from such products.
 */
export async function gemmProbe(
  config: ModelConfig,
  settings: { readonly compile: CompileOptions; readonly seed: number },
): Promise<GemmProbe> {
  const layer = layerAt(config, Math.floor(depthOf(config) / 2))
  const { width: features, hidden } = layer
  const rows = images * tokensIn(layer)
  const values = (name: string, ...shape: [number, number]) => {
    const { normal } = random(settings.seed, 'gemm', name)
    return {
      dtype: 'float32' as const,
      shape,
      data: Float32Array.from({ length: shape[0] * shape[1] }, () => normal() / Math.sqrt(shape[1])),
    }
  }
  const x = values('x', rows, features)
  const [fc1, fc2] = [
    constant(values('fc1', hidden, features), 'fc1'),
    constant(values('fc2', features, hidden), 'fc2'),
  ]
  let y = input('x', [rows, features])
  for (let pair = 0; pair < pairs; pair++) y = linear(linear(y, fc1), fc2)
  const program = await compile({ y }, settings.compile)
  return {
    shape: [rows, features, hidden],
    flops: pairs * 4 * rows * features * hidden,
    run: () => program.run({ x }),
    release: () => program.release(),
  }
}
