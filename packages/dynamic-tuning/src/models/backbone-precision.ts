import {
  quantizedConstant,
  roundedWeight,
  type Tensor,
  type TensorData,
  type WeightPrecision,
} from '@dynamic-tuning/engine'
import { isBackboneMap } from './backbone-maps.ts'

/** Precision in which the frozen linear maps of a backbone are stored while a method is tuned on them. */
export const backbonePrecisions = ['fp32', 'int8', 'int4'] as const

/** One of `backbonePrecisions`. */
export type BackbonePrecision = (typeof backbonePrecisions)[number]

function weightPrecision(precision: Exclude<BackbonePrecision, 'fp32'>): WeightPrecision {
  return `${precision}-weights`
}

/** How a weight store stores frozen weights: see `StoreOptions.keep`. */
export function keepIn(
  precision: BackbonePrecision,
): ((name: string, value: TensorData<'float32'>) => Tensor | undefined) | undefined {
  if (precision === 'fp32') return undefined
  return (name, value) =>
    isBackboneMap(name) ? quantizedConstant(value, weightPrecision(precision), name) : undefined
}

/**
 * All weights, the backbone's linear maps rounded to the stored precision: the values that a method
 * was tuned on.
 */
export function roundBackbone(
  tensors: ReadonlyMap<string, TensorData>,
  precision: BackbonePrecision,
): ReadonlyMap<string, TensorData> {
  if (precision === 'fp32') return tensors
  const kept = weightPrecision(precision)
  return new Map(
    [...tensors].map(([name, value]) =>
      isBackboneMap(name) ? [name, roundedWeight(value as TensorData<'float32'>, kept)] : [name, value],
    ),
  )
}
