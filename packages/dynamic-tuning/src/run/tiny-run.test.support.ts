import { join } from 'node:path'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { drawWeights } from '../models/backbone.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { type FinishedRun, finetune } from './finetune.ts'
import type { FinetuneInput } from './settings/finetune-settings.ts'

/** Two layers of 4 x 4 tokens. */
export const tinyVit: VitModelConfig = {
  imageSize: [32, 32],
  patchSize: 8,
  embedDim: 32,
  depth: 2,
  numHeads: 2,
  mlpRatio: 2,
  numClasses: 5,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}

/** Tunes a tiny random ViT on a drawn task for one epoch, into `folder`/`name`. */
export function tinyRun(
  folder: string,
  name: string,
  more: Partial<FinetuneInput> = {},
): Promise<FinishedRun> {
  const model = join(folder, 'tiny.safetensors')
  saveCheckpointFile(model, { tensors: drawWeights(tinyVit, 1), config: tinyVit })
  const sizes = { trainSize: 32, testSize: 24, batch: 16, epochs: 1, workers: 0, threads: 1, bottleneck: 4 }
  const input = { data: 'builtin:nature', model, ...sizes, ...more }
  return finetune(input, { out: join(folder, name) })
}
