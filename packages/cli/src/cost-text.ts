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
  norm0: 'norms',
  norm3: 'norms',
  predictor: 'predictors',
  attentive_blocks: 'pooling',
  query_token: 'query',
  head: 'head',
  fpn1: 'head: pyramid',
  fpn2: 'head: pyramid',
  'decode_head.psp_modules': 'head: pooling',
  'decode_head.bottleneck': 'head: pooling',
  'decode_head.lateral_convs': 'head: lateral',
  'decode_head.fpn_convs': 'head: smoothing',
  'decode_head.fpn_bottleneck': 'head: fusion',
  'decode_head.conv_seg': 'head: classifier',
  decode_head: 'decode head',
  auxiliary_head: 'auxiliary head',
}

/** Parameters and FLOPs of a model by part, as text. */
export function costText(
  title: string,
  { params, flops }: ModelCost,
  more: { staticFlops: number; activeRate: number },
  paint: Paint,
): string {
  const sums = sumsByName(flops.parts)
  const rows = [...sums].map(([name, cost]) => [name, formatCount(cost), formatPercent(cost / flops.total)])
  const trained = [...sumsByName(params.trainableParts)].map(([name, size]) => `${name} ${formatCount(size)}`)
  return [
    `${paint.bold(title)}, ${formatPercent(more.activeRate, 0)} of the tokens active\n`,
    renderTable(['part', 'FLOPs', 'share'], [...rows, ['all', formatCount(flops.total), '100.0 %']], {
      paint,
    }),
    `${(flops.total / more.staticFlops).toFixed(3)} times the static model (${formatCount(more.staticFlops)})`,
    `${formatCount(params.total)} parameters, ${formatCount(params.trainable)} of them trained: ${params.trainable === params.total ? 'all' : trained.join(', ')}`,
    `${formatCount(paperCount(params))} trainable as the papers count, without head and dispatchers\n`,
  ].join('\n')
}

/** Sums over modules of the same kind, under the names of the table. */
function sumsByName(parts: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [part, size] of Object.entries(parts)) {
    const word = part.replace(/^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?/, '')
    const name = partNames[word] ?? word
    sums.set(name, (sums.get(name) ?? 0) + size)
  }
  return sums
}
