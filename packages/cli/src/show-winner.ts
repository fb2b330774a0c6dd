import { fieldOf, formatCount, formatMeasure, numberIn } from 'dynamic-tuning/report'
import type { NoahSearchResult } from 'dynamic-tuning/study'
import { taskNamed } from 'dynamic-tuning/tasks'
import { quoted } from './run-name.ts'
import { renderFacts } from './terminal/facts.ts'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/** The winner of a search for people: its sizes layer by layer, and how to train it. */
export function winnerText(result: NoahSearchResult, paint: Paint): string {
  const { visualPromptDim, loraDim, adapterDim, parameters, limit, images } = result
  const [measure] = taskNamed(result.task).measures
  const score = numberIn(result, fieldOf('validation', measure)) ?? Number.NaN
  const rows = visualPromptDim.map((prompts, layer) =>
    [layer, prompts, loraDim[layer] ?? 0, adapterDim[layer] ?? 0].map(String),
  )
  const facts = renderFacts(
    [
      ['parameters', formatCount(parameters), `of at most ${formatCount(limit)}, the head excluded`],
      [
        `held-out ${measure.title}`,
        formatMeasure(measure, score),
        `of ${images} validation images, with the super-network's weights`,
      ],
      ['sub-networks', String(result.candidates), 'evaluated'],
    ],
    paint,
  )
  const sizes = renderTable(['layer', 'prompts', 'LoRA', 'adapter'], rows, { paint })
  const next = `dyt finetune --config ${quoted(result.settingsFile)}`
  return `\n${paint.bold(result.run)}\n\n${sizes}\n${facts}\nNext: ${paint.accent(next)}\n`
}
