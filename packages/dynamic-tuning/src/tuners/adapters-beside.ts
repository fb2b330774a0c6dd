import { reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import type { Place } from '../models/hooks.ts'
import { adapter } from '../nn/adapter.ts'
import { moeAdapter } from '../nn/moe-adapter.ts'
import type { Part } from './parts.ts'
import type { Pass, TunerOptions, TunerPass } from './tuner.ts'

/**
 * An adapter beside each of `parts` in every layer, under `adapt{part}`: plain, or merged from `experts` for each image.
 * Adapters are numbered layer by layer in the order of `parts`; `pass.dropout` holds their factors, [A, B, N + 1, d].
 */
export function adaptersBeside(parts: readonly Part[], options: TunerOptions, pass: Pass): TunerPass {
  const routes: Tensor[] = []
  const beside = (part: Part, x: Tensor, { index, weights }: Place): Tensor | undefined => {
    const among = parts.indexOf(part)
    if (among < 0) return undefined
    const settings = { ...options, dropout: dropoutOf(pass, index * parts.length + among, x) }
    const own = weights.at(`adapt${part}`)
    if (options.experts === 1) return adapter(x, own, settings)
    const { output, route } = moeAdapter(x, own, settings)
    routes.push(route)
    return output
  }
  return { hooks: {}, beside, routes }
}

/** The factors [B, N + 1, d] of adapter `number` out of the pass's. */
function dropoutOf(pass: Pass, number: number, x: Tensor): Tensor | undefined {
  const all = 'dropout' in pass ? pass.dropout : undefined
  if (all === undefined) return undefined
  const [batch, tokens] = x.shape as [string, number]
  // A layer may have fewer tokens than there are factors for.
  const own = slice(slice(all, 0, number, number + 1), 2, 0, tokens)
  return reshape(own, [batch, tokens, all.shape[3] as number])
}
