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

/** Name of the exported file's images; its outputs are `logits` and, where tokens are dispatched, `masks`. */
export const exportInput = 'pixel_values'

/** Larger models keep their weights in a file of their own, because protobuf ends at 2 GB. */
const inlineBytes = 1e9

/** What is exported, and what the file says of itself. */
export interface OnnxExportSettings extends ClassifierSettings {
  /** Text pairs for `metadata_props`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Keep large weights in `<file>_data`. Default: only where they exceed 1 GB. */
  readonly external?: boolean | undefined
  /** Of the products with the backbone's weights; fp32 by default. int8 is `narrow`: right on every processor. */
  readonly precision?: Precision | undefined
  /** Take ONNX Runtime's own operators where they are faster: no other engine then runs the file. */
  readonly fused?: boolean | undefined
  /** Where it is to run: for GPUs fp16 computes in half precision. Default `cpu`. */
  readonly device?: Device | undefined
}

/** An exported model. */
export interface OnnxExport {
  /** The model file, and its weight file where there is one. */
  readonly files: readonly string[]
  /** Of all weights. */
  readonly bytes: number
  /** Whether weights lie outside of the model file. */
  readonly external: boolean
  readonly inputs: OnnxModel['inputs']
  readonly outputs: OnnxModel['outputs']
  /** How many nodes of each operator the graph has. */
  readonly operators: Readonly<Record<string, number>>
  /** Whether all of them are standard ONNX. */
  readonly standard: boolean
}

/**
 * The model as plain ONNX: standard operators only unless `fused` is asked for, every weight inside, `pixel_values` [B, 3, H, W]
 * or [B, 3, T, H, W] (normalised, any B) to `logits` [B, K]. Where tokens are dispatched it has another input, `threshold` [D] (least gate probability that makes a token
 * active, 0.5 as trained), and another output, `masks` [B, D, n]; where tokens are merged too, `shares` [B, D] as well.
 */
export function onnxModel(settings: OnnxExportSettings): OnnxModel {
  const { precision = 'fp32', fused = false, device } = settings
  const metadata = { ...settings.metadata, ...(precision !== 'fp32' && { precision }) }
  const model = lower(inferenceGraph(settings, exportInput), { metadata, fused })
  return applyPrecision(model, { precision, fused, device, narrow: true, reduced: isBackboneMap })
}

/** Writes the model to `path`. @throws FormatError where the place cannot be written; nothing half-written stays */
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
