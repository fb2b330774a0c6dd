import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lower, sizeOf, writeModel } from '@dynamic-tuning/engine'
import { exportInput } from '../export/onnx.ts'
import { outputOf } from '../models/head.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import type { BaselineModel } from './baseline.ts'
import { loadPeers } from './load-peers.ts'
import type { BenchPlace } from './types.ts'

/** The part of `@huggingface/transformers` used here, so that this package builds without it. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean }
  readonly AutoModelForImageClassification: {
    from_pretrained(folder: string, options: object): Promise<Model>
  }
  readonly Tensor: new (dtype: 'float32', data: Float32Array, shape: readonly number[]) => object
}

interface Model {
  (inputs: object): Promise<{ readonly logits: { readonly data: Float32Array } }>
  dispose(): Promise<unknown>
}

/**
 * The static model in Transformers.js: the portable graph with standard operators and all tokens,
 * run by `AutoModelForImageClassification` in float32.
 * @throws ConfigError if `@huggingface/transformers` is not installed
 */
export async function transformersJs(config: ModelConfig, place: BenchPlace): Promise<BaselineModel> {
  const peer = await loadPeers<Transformers>('transformers.js', ['@huggingface/transformers'])
  const { env, AutoModelForImageClassification, Tensor } = peer
  env.allowRemoteModels = false
  env.allowLocalModels = true
  const folder = mkdtempSync(join(tmpdir(), 'dynamic-tuning-'))
  try {
    const external = writeStaticModel(folder, config, place.seed)
    const model = await AutoModelForImageClassification.from_pretrained(folder, {
      dtype: 'fp32',
      device: place.device,
      local_files_only: true,
      use_external_data_format: external,
      session_options: place.threads > 0 ? { intraOpNumThreads: place.threads } : {},
    })
    const [height, width] = config.imageSize
    return {
      async run(images) {
        const shape = [images.length / (3 * height * width), 3, height, width]
        return (await model({ [exportInput]: new Tensor('float32', images, shape) })).logits.data
      },
      async release() {
        await model.dispose()
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Larger models keep their weights in a separate file, since protobuf is limited to 2 GB. */
const inlineBytes = 1e9

/**
 * Writes a model folder in the layout of Transformers.js, with the portable graph.
 * @returns true if the weights are in a separate file
 */
function writeStaticModel(folder: string, config: ModelConfig, seed: number): boolean {
  const model = network(modelOf(config))
  const pass = model.pass(new WeightStore({ seed }), model.input(exportInput), { kind: 'complete' })
  mkdirSync(join(folder, 'onnx'))
  const graph = lower({ logits: outputOf(pass.outputs, 'logits') })
  const bytes = 4 * [...graph.initializers.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  writeModel(join(folder, 'onnx', 'model.onnx'), graph, { external: bytes > inlineBytes })
  const [height, width] = config.imageSize
  const labels = Array.from({ length: config.numClasses }, (_, i) => [i, `class ${i}`])
  const json = {
    'config.json': { model_type: config.family ?? 'vit', id2label: Object.fromEntries(labels) },
    'preprocessor_config.json': { image_processor_type: 'ViTImageProcessor', size: { height, width } },
  }
  for (const [name, content] of Object.entries(json))
    writeFileSync(join(folder, name), JSON.stringify(content))
  return bytes > inlineBytes
}
