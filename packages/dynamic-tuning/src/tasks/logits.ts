import { GraphError, type Tensor } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'
import type { Outputs } from '../network/outputs.ts'

/** Logits of a batch, [B, K]. */
export interface Logits {
  readonly values: Float32Array
  readonly classes: number
}

/** The logits among a network's outputs. @throws GraphError if there are none, a mistake of the caller */
export function logitsOf({ logits }: Outputs): Logits {
  const classes = logits?.shape[1]
  if (logits === undefined || classes === undefined)
    throw new GraphError('task: the outputs have no logits [B, K]. Use a head that gives them.')
  return { values: logits.data, classes }
}

/**
 * A tensor of a graph by its name, such as `logits`. @throws GraphError if there is none, a mistake
 * of the caller
 */
export function tensorIn(named: Named, name: string): Tensor {
  const found = named[name]
  if (found) return found
  throw new GraphError(`task: the graph has no ${name}. Use a head that gives them.`)
}
