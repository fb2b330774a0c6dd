import { modelCost } from '../cost/model-cost.ts'
import { modelOf } from '../models/model.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { canMerge } from '../network/merge.ts'
import { network } from '../network/network.ts'
import { plainOptions } from '../tuners/options.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'

/** A row of Table 3 of arXiv:2403.11808: name, parameters in millions and GFLOPs. */
export interface PublishedRow {
  readonly row: string
  readonly params: number
  readonly flops: number
}

/** Table 3 of arXiv:2403.11808 (VTAB-1K, ViT-B/16) by method name of this package. */
export const publishedTable3: Readonly<Record<string, PublishedRow>> = {
  full: { row: 'Full tuning', params: 85.8, flops: 17.58 },
  linear: { row: 'Frozen', params: 0, flops: 17.58 },
  'adapter-pfeiffer': { row: 'Adapter', params: 0.16, flops: 17.61 },
  bitfit: { row: 'BitFit', params: 0.1, flops: 17.58 },
  lora: { row: 'LoRA', params: 0.29, flops: 17.58 },
  'vpt-deep': { row: 'VPT', params: 0.53, flops: 18.3 },
  ssf: { row: 'SSF', params: 0.2, flops: 17.58 },
  noah: { row: 'NOAH', params: 0.36, flops: 17.58 },
  convpass: { row: 'ConvPass', params: 0.33, flops: 17.64 },
  adaptformer: { row: 'AdaptFormer', params: 0.16, flops: 17.61 },
  'fact-tt': { row: 'FacT-TT', params: 0.04, flops: 17.58 },
  'res-tuning': { row: 'Res-Tuning', params: 0.51, flops: 17.67 },
  dyt: { row: 'DyT r=0.5', params: 0.16, flops: 12.54 },
}

/** Settings of VTAB-1K that differ from a method's defaults: AdaptFormer and DyT use 8 adapter features. */
const vtabSettings: Readonly<Record<string, Partial<TunerOptions>>> = {
  adaptformer: { bottleneck: 8 },
  dyt: { bottleneck: 8 },
}

const base = vitConfig('vit_base_patch16_224', 100)

/**
 * All methods as a Markdown page: equation, paper, settings, and sizes on ViT-B/16 beside those
 * published.
 */
export function methodsPage(tuners: readonly Tuner[]): string {
  return `${[intro, table(tuners), ...tuners.map(section)].join('\n\n')}\n`
}

const intro = `# Methods

Written by \`npm run methods-doc\` from the registry; do not edit. Any of these goes to \`--method\`, and some join by \`+\`, as in
\`lora+adaptformer\`: hooks act in that order, and a setting that both read has the value of the first.

In the equations u = LN1(x), a = Attn(u), v = LN2(x), f = MLP(v) are those of a layer, qg is the quick GELU z sigmoid(1.702 z). In
the formulas L is the number of layers, D of features, m the ratio of the MLP, h \`bottleneck\`, r \`rank\`, P \`promptLength\`, N the
number of patches, p their size; the head and dispatchers are not counted.

## Sizes on ViT-B/16, 224 x 224, in the setting of VTAB-1K

Table 3 is that of the Dynamic Tuning paper, in millions of parameters and G multiply-accumulates. Ours count 100 classes, LayerNorm too; methods
that merge are counted merged. The paper's VPT has a length for every task (0.53 M is a mean of 57 tokens), its FacT a rank, its NOAH
sizes that were searched for and LoRA parts merged; its Res-Tuning is another form than the bypass, which is the one that was
released. Its row of DyT counts what half of the tokens cost after training, ours at exactly that rate.`

function table(tuners: readonly Tuner[]): string {
  const rows = tuners.map((tuner) => {
    const options = { ...tuner.defaults, ...vtabSettings[tuner.name] }
    const flops = modelCost({ network: network({ ...modelOf(base), tuner, options }) }).flops.total
    const published = publishedTable3[tuner.name]
    return [
      `\`${tuner.name}\``,
      tuner.parameterCount(base, options).toLocaleString('en'),
      published ? published.params.toFixed(2) : '',
      (flops / 1e9).toFixed(2),
      published ? `${published.flops.toFixed(2)} (${published.row})` : '',
    ]
  })
  const head = ['method', 'parameters', 'Table 3, M', 'GFLOPs', 'Table 3, G']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Additional remarks by method. */
const remarks: Readonly<Record<string, string>> = {
  noah: `\`dyt noah-search\` looks for the sizes: it trains a super-network of which every sub-network uses leading slices, evolves
sub-networks on validation images within a limit of parameters, and writes the settings with which \`dyt finetune --config\`
trains the best from the pre-trained model.`,
}

function section(tuner: Tuner): string {
  const { name, summary, paper, equation, parameterFormula, startsAsBase } = tuner
  const link = paper === undefined ? '' : ` [${paper}](https://arxiv.org/abs/${paper.replace('arXiv:', '')}).`
  const facts = [
    `parameters: ${parameterFormula}`,
    `settings: ${settingsOf(tuner)}`,
    startsAsBase ? 'starts as the base model' : 'does not start as the base model',
    ...(canMerge(tuner) ? [`${tuner.leftAfterMerge ? 'in part ' : ''}merges into the dense weights`] : []),
  ]
  const lines = facts.map((fact) => `- ${fact}`).join('\n')
  const remark = remarks[name] === undefined ? '' : `\n\n${remarks[name]}`
  return `## ${name}\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}.${link}\n\n\`${equation}\`\n\n${lines}${remark}`
}

/** Default options that differ from a plain model's. */
function settingsOf({ defaults, learningRateFactor }: Tuner): string {
  const plain = new Map<string, unknown>(Object.entries(plainOptions))
  const own = Object.entries(defaults)
    .filter(([key, value]) => value !== plain.get(key))
    .map(([key, value]) => `\`${key}\` ${Array.isArray(value) ? value.join(',') : value}`)
  const factor = learningRateFactor === 1 ? [] : [`${learningRateFactor} of the learning rate`]
  return [...own, ...factor].join(', ') || 'none'
}
