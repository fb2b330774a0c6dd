import { modelCost } from 'dynamic-tuning'
import { paperCount } from 'dynamic-tuning/cost'
import { modelOf, network, type Tuner, tuners, vitConfig } from 'dynamic-tuning/models'
import { formatCount } from 'dynamic-tuning/report'
import { type Call, defineCommand } from '../command.ts'
import { partNames } from '../cost-text.ts'
import type { CommonOptions } from '../options/common.ts'
import type { Paint } from '../terminal/output.ts'

/** The backbone of the papers' tables, with the classes of CIFAR-100. */
const [model, classes] = ['vit_base_patch16_224', 100]

/** One method in the output of `dyt methods --json`. */
interface Method {
  readonly name: string
  readonly summary: string
  readonly paper: string | null
  /** Its formula in a layer: u, a, v, f are norm, attention, norm and MLP. */
  readonly equation: string
  /** True if tokens can skip layers, which is when a rate has a meaning. */
  readonly dispatches: boolean
  readonly params: { readonly trainable: number; readonly trained: number }
  /** Trained parameters by module. */
  readonly trainedParts: Readonly<Record<string, number>>
  /** Its defaults for settings of a run. */
  readonly defaults: Tuner['defaults']
}

export const methodsCommand = defineCommand<CommonOptions>({
  name: 'methods',
  group: 'Measure',
  summary: 'All methods: what they train, how much, and where they come from',
  description:
    'Parameters are those trained at ViT-B/16 with the settings a method starts from.\nparams.trainable counts as the papers do, without head and dispatchers; params.trained is everything that training changes.',
  options: [],
  examples: [
    ['dyt methods', 'what --method takes'],
    ['dyt finetune --data photos/ --method adaptformer', 'use one of them'],
  ],
  async run({ terminal }: Call<CommonOptions>) {
    const methods = tuners.map(describe)
    terminal.result({ model, classes, methods }, () => methodsText(methods, terminal.paint))
    return undefined
  },
})

function describe(tuner: Tuner): Method {
  const { name, summary, paper = null, equation, defaults } = tuner
  const { params } = modelCost({ network: network({ ...modelOf(vitConfig(model, classes)), tuner }) })
  return {
    name,
    summary,
    paper,
    equation,
    dispatches: defaults.dispatch !== 'none',
    params: { trainable: paperCount(params), trained: params.trainable },
    trainedParts: params.trainableParts,
    defaults,
  }
}

function methodsText(methods: readonly Method[], paint: Paint): string {
  const width = Math.max(...methods.map(({ name }) => name.length))
  const indent = ' '.repeat(width + 3)
  const blocks = methods.map(({ name, summary, paper, equation, trainedParts, params }) => {
    const facts = [`${formatCount(params.trainable)} parameters`, trainsText(trainedParts)]
    if (paper !== null) facts.push(paper)
    return `${paint.accent(name)}${indent.slice(name.length)}${summary}\n${indent}${equation}\n${indent}${paint.dim(facts.join(' · '))}\n`
  })
  return `${blocks.join('\n')}
Parameters trained at ViT-B/16, without head and dispatchers, as the papers count. In
equations u = LN1(x), a = Attn(u), v = LN2(x) and f = MLP(v) are those of a layer.
Use one: ${paint.accent('dyt finetune --data photos/ --method NAME')}
`
}

/** With more parts than this, none are named. */
const mostParts = 6

function trainsText(parts: Readonly<Record<string, number>>): string {
  const names = [...new Set(Object.keys(parts).map((part) => partNames[part] ?? part.replaceAll('_', ' ')))]
  if (names.length > mostParts) return 'trains every weight'
  const [last, ...others] = names.reverse()
  return `trains weights in ${others.length > 0 ? `${others.reverse().join(', ')} and ` : ''}${last}`
}
