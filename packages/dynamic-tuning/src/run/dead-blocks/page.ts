import { headingOf, type Measure } from '../../evaluation/measure.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { formatCount, formatMeasure, formatPercent } from '../../report/quantity.ts'
import { libraryVersion } from '../library-version.ts'
import { changeIn, type DeadBlock, type DeadBlocks } from './find-dead-blocks.ts'

/** `export.html`: the blocks removed from an exported model and the resulting changes; self-contained. */
export function deadBlocksPage(run: string, file: string, found: DeadBlocks, measure: Measure): string {
  const { dead, limit, images, validationIsTest } = found
  const part = validationIsTest ? 'test' : 'validation'
  return renderReport({
    title: 'Dead blocks of an exported model',
    subtitle: `${file}, from ${run}; a block is dead where at most ${formatPercent(limit, 1)} of the tokens are active on ${images} ${part} images`,
    headline: headline(found, measure),
    curves: [],
    sections: [
      {
        heading: 'Layers',
        table: {
          columns: ['layer', 'block', 'active', 'what is left', 'parameters saved', 'FLOPs saved'],
          rows: dead.map((block) => ({
            cells: [
              String(block.layer),
              block.part,
              formatPercent(block.rate, 2),
              leftOf(block),
              formatCount(block.paramsSaved),
              formatCount(block.flopsSaved),
            ],
          })),
        },
      },
    ],
    notes: [changeText(found), `Made by dynamic-tuning ${libraryVersion()}.`],
  })
}

function headline(found: DeadBlocks, measure: Measure): ReportInput['headline'] {
  const { dead, blocks, params, flops } = found
  const score = changeIn(found, measure)
  const changed = (label: string, after: string, before: string) => ({
    label,
    value: after,
    note: `${before} before`,
  })
  return [
    { label: 'Dead blocks', value: String(dead.length), note: `of ${blocks.length} behind gates` },
    changed('Parameters', formatCount(params.after), formatCount(params.before)),
    changed('FLOPs per image', formatCount(flops.after), formatCount(flops.before)),
    changed(headingOf(measure), formatMeasure(measure, score.after), formatMeasure(measure, score.before)),
  ]
}

/** The remaining form of a dead block, in words. */
export function leftOf({ form }: Pick<DeadBlock, 'form'>): string {
  return form === 'dropped' ? 'nothing' : 'the class token alone'
}

/** The effect of removing dead blocks, in a sentence. */
export function changeText({ images, labelsChanged, largestDifference, logitScale }: DeadBlocks): string {
  if (largestDifference === 0) return `All outputs for ${images} images are the same, bit for bit.`
  const share = largestDifference / logitScale
  return `${labelsChanged} of ${images} answers changed; outputs differ by at most ${share.toExponential(1)} of the largest one.`
}
