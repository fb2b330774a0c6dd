import {
  applyPrecision,
  type Device,
  lower,
  type OnnxModel,
  type Precision,
  writeModel,
} from '@dynamic-tuning/engine'
import { type ClassifierSettings, inferenceGraph } from '../evaluation/classifier.ts'
import { isBackboneMap } from '../models/backbone-maps.ts'
import type { Named } from '../models/head.ts'

/** Name of the input of an exported file; its outputs are `logits` and, with token dispatch, `masks`. */
export const exportInput = 'pixel_values'

/** Larger models keep their weights in a separate file, because protobuf is limited to 2 GB. */
const inlineBytes = 1e9

/** What to export, and the metadata of the file. */
export interface OnnxExportSettings extends ClassifierSettings {
  /** Key-value pairs for `metadata_props`. */
  readonly metadata: Readonly<Record<string, string>>
  /** True to keep large weights in `<file>_data`. Default: only if they exceed 1 GB. */
  readonly external?: boolean | undefined
  /**
   * Precision of the products with the backbone's weights. Default: fp32. int8 uses `narrow`, which
   * is correct on every processor.
   */
  readonly precision?: Precision | undefined
  /**
   * True to use ONNX Runtime's own operators where they are faster; then no other engine can run the file.
   */
  readonly fused?: boolean | undefined
  /** Adds outputs to the graph, such as labels beside the logits. */
  readonly finish?: ((outputs: Named) => Named) | undefined
  /** Target device; on GPUs, fp16 computes in half precision. Default: `cpu`. */
  readonly device?: Device | undefined
}

/** Describes an exported model. */
export interface OnnxExport {
  /** The model file, and the weight file if there is one. */
  readonly files: readonly string[]
  /** Size of all weights. */
  readonly bytes: number
  /** True if the weights are in a separate file. */
  readonly external: boolean
  readonly inputs: OnnxModel['inputs']
  readonly outputs: OnnxModel['outputs']
  /** Number of nodes by operator. */
  readonly operators: Readonly<Record<string, number>>
  /** True if all operators are standard ONNX. */
  readonly standard: boolean
}

/**
 * Builds the model as plain ONNX: only standard operators unless `fused` is set, and all weights inside.
 * Inputs: `pixel_values` [B, 3, H, W] or [B, 3, T, H, W] (normalised, any B); with token dispatch also
 * `threshold` [D], the smallest gate probability of an active token (0.5 as trained).
 * Outputs: those of the head, `logits` [B, K] or [B, K, h, w]; with token dispatch also `masks` [B, D, n],
 * and `shares` [B, D] if tokens are merged.
 */
export function onnxModel(settings: OnnxExportSettings): OnnxModel {
  const { precision = 'fp32', fused = false, device } = settings
  const metadata = { ...settings.metadata, ...(precision !== 'fp32' && { precision }) }
  const outputs = inferenceGraph(settings, exportInput)
  const model = lower(settings.finish?.(outputs) ?? outputs, { metadata, fused })
  return applyPrecision(model, { precision, fused, device, narrow: true, reduced: isBackboneMap })
}

/**
 * Writes the model to `path`. If writing fails, no partial file remains.
 * @throws FormatError if the file cannot be written
 */
export function exportOnnx(path: string, settings: OnnxExportSettings): OnnxExport {
  const model = onnxModel(settings)
  let bytes = 0
  for (const { data } of model.initializers.values()) bytes += data.byteLength
  const external = settings.external ?? bytes > inlineBytes
  const files = writeModel(path, model, { external })
  const { inputs, outputs } = model
  const standard = model.nodes.every(({ domain }) => domain === '')
  return {
    files: files.toSorted(),
    bytes,
    external,
    inputs,
    outputs,
    operators: operatorsOf(model),
    standard,
  }
}

function operatorsOf({ nodes }: OnnxModel): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { opType } of nodes) counts[opType] = (counts[opType] ?? 0) + 1
  return counts
}
