import type { ModelCost } from 'dynamic-tuning'
import { paperCount } from 'dynamic-tuning/cost'
import { formatCount, formatPercent } from 'dynamic-tuning/report'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/** Names of parts in the table, by the last word of their name in the graph. */
export const partNames: Readonly<Record<string, string>> = {
  patch_embed: 'patch embedding',
  downsample: 'patch merging',
  attn: 'attention',
  mlp: 'MLP',
  adaptattn: 'adapters',
  adaptmlp: 'adapters',
  adaptlayer: 'adapters',
  attn_token_select: 'dispatchers',
  mlp_token_select: 'dispatchers',
  layer_token_select: 'dispatchers',
  norm: 'norms',
  norm1: 'norms',
  norm2: 'norms',
  fc_norm: 'norms',
  predictor: 'predictors',
  attentive_blocks: 'pooling',
  query_token: 'query',
  head: 'head',
}

/** Parameters and FLOPs of a model by part, as text. */
export function costText(
  title: string,
  { params, flops }: ModelCost,
  more: { staticFlops: number; activeRate: number },
  paint: Paint,
): string {
  const sums = new Map<string, number>()
  for (const [part, cost] of Object.entries(flops.parts)) {
    const word = part.replace(/^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?/, '')
    const name = partNames[word] ?? word
    sums.set(name, (sums.get(name) ?? 0) + cost)
  }
  const rows = [...sums].map(([name, cost]) => [name, formatCount(cost), formatPercent(cost / flops.total)])
  const trained = Object.entries(params.trainableParts)
    .map(([part, size]) => `${partNames[part] ?? part} ${formatCount(size)}`)
    .join(', ')
  return [
    `${paint.bold(title)}, ${formatPercent(more.activeRate, 0)} of the tokens active\n`,
    renderTable(['part', 'FLOPs', 'share'], [...rows, ['all', formatCount(flops.total), '100.0 %']], {
      paint,
    }),
    `${(flops.total / more.staticFlops).toFixed(3)} times the static model (${formatCount(more.staticFlops)})`,
    `${formatCount(params.total)} parameters, ${formatCount(params.trainable)} of them trained: ${Object.keys(params.trainableParts).length > 6 ? 'all' : trained}`,
    `${formatCount(paperCount(params))} trainable as the papers count, without head and dispatchers\n`,
  ].join('\n')
}
