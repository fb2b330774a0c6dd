import {
  type CompileOptions,
  compile,
  type Device,
  input,
  type Program,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { vit } from '../models/vit.ts'
import { patchCount, type VitConfig } from '../models/vit-config.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import { stackLayers } from '../tuners/stack-layers.ts'
import type { Pass, Tuner, TunerOptions } from '../tuners/tuner.ts'

/** What a classifier is built from. */
export interface ClassifierSettings {
  readonly config: VitConfig
  readonly tuner: Tuner
  readonly options: TunerOptions
  /** Weights it marks as trained become inputs and are given at every call; the others are stored in the program. */
  readonly store: WeightStore
  /** `skip` (default) computes active tokens only; `masked` computes all and masks; `complete` opens every gate. */
  readonly pass?: Exclude<Pass['kind'], 'train'>
  readonly compile?: CompileOptions
}

/** Logits of some images, and which tokens were active. */
export interface Prediction {
  /** [B, K] */
  readonly logits: Float32Array
  /** 0 or 1, [B, L, N], class token excluded; undefined for methods without dispatch. */
  readonly masks: Float32Array | undefined
}

/**
 * The graph of a tuned model for inference: `logits` [B, K], and `masks` [B, L, N] where tokens are dispatched. Its input,
 * called `name`, is [B, 3, H, W].
 */
export function inferenceGraph(settings: ClassifierSettings, name = 'images'): Record<string, Tensor> {
  const { config, tuner, options, store } = settings
  const images = input(name, ['B', 3, ...config.imageSize])
  const opened = tuner.open(options, { kind: settings.pass ?? 'skip' })
  const { logits } = vit(images, store, config, opened.hooks)
  if (opened.dispatches.length === 0) return { logits }
  return { logits, masks: stackLayers(opened.dispatches.map(({ mask }) => mask)) }
}

/** A compiled tuned model that classifies batches of any size. */
export class Classifier {
  private constructor(
    readonly settings: ClassifierSettings,
    private readonly program: Program,
  ) {}

  static async create(settings: ClassifierSettings): Promise<Classifier> {
    const outputs = inferenceGraph(settings)
    return new Classifier(
      settings,
      await compile(outputs, { fused: isNative(settings.compile?.device), ...settings.compile }),
    )
  }

  /**
   * Classifies images [B, 3, H, W], normalised; `weights` are the trained ones, if the store has any. Those this pass does not
   * use, such as the dispatchers of the complete model, are left out.
   */
  async classify(
    images: Float32Array,
    weights: ReadonlyMap<string, TensorData> = new Map(),
  ): Promise<Prediction> {
    const used = this.program.inputs.filter(({ name }) => weights.has(name))
    const feeds = used.map(({ name }) => [name, weights.get(name) as TensorData] as const)
    const { logits, masks } = await this.program.run({ images, ...Object.fromEntries(feeds) })
    return { logits: logits?.data as Float32Array, masks: masks?.data as Float32Array | undefined }
  }

  /** Layers and patch tokens of the masks. */
  get maskShape(): readonly [number, number] {
    return [this.settings.config.depth, patchCount(this.settings.config)]
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

function isNative(device: Device = 'cpu'): boolean {
  return device === 'cpu' || device === 'cuda'
}
