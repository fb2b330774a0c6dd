import type { DeadBlocks, Measure } from 'dynamic-tuning'
import {
  changeIn,
  changeText,
  formatCount,
  formatMeasure,
  formatPercent,
  leftOf,
} from 'dynamic-tuning/report'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/** The dead blocks of an exported model as text. */
export function deadBlocksText(found: DeadBlocks, measure: Measure, paint: Paint): string {
  const { dead, images, limit, params, flops, validationIsTest } = found
  const part = validationIsTest ? 'test' : 'validation'
  const most = `at most ${formatPercent(limit)} of the patch tokens on ${images} ${part} images`
  if (dead.length === 0) return `No dead blocks: none lets ${most} through.\n`
  const rows = dead.map((block) => [
    block.layer,
    block.part,
    formatPercent(block.rate, 2),
    leftOf(block),
    formatCount(block.paramsSaved),
    formatCount(block.flopsSaved),
  ])
  return [
    `${paint.bold(`${dead.length} dead block${dead.length === 1 ? '' : 's'}`)}: ${most}\n`,
    renderTable(['layer', 'block', 'active', 'what is left', 'parameters saved', 'FLOPs saved'], rows, {
      paint,
    }),
    `parameters ${formatCount(params.before)} to ${formatCount(params.after)}, FLOPs per image ${formatCount(flops.before)} to ${formatCount(flops.after)}`,
    `${scoreChange(found, measure)}; ${changeText(found)}\n`,
  ].join('\n')
}

/** The measure before and after: `mean IoU 78.1 % to 78.0 %`. */
function scoreChange(found: DeadBlocks, measure: Measure): string {
  const { before, after } = changeIn(found, measure)
  return `${measure.title} ${formatMeasure(measure, before)} to ${formatMeasure(measure, after)}`
}
