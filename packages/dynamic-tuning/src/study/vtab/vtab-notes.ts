import { headingOf } from '../../evaluation/measure.ts'
import { spreadText } from '../pool/case-columns.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome, VtabRow } from './outcome.ts'

/** Notes on how the figures were made. */
export function vtabNotes({ rows, seeds, missing, differing, search }: VtabOutcome): string[] {
  if (rows.length === 0) return ['No run ended well.']
  return [
    ...(missing.length > 0 ? [`Not in the folder: ${missing.join(', ')}.`] : []),
    ...differing.map(
      ({ task, differences }) =>
        `${task} is not the task of VTAB-1K, so it has no figure of the paper: ${differences.join(', ')}.`,
    ),
    `${headingOf(vtabMeasure)}: ${vtabMeasure.over} all test images, after training on train800val200, with the skipping model${spreadText(vtabMeasure, seeds)}.`,
    'Means are over the tasks of a group, then over the groups.',
    ...(search.length > 0
      ? ['Scale: the adapter scale that was best on val200 after training on train800, with the first seed.']
      : []),
    ...paperNotes(rows),
    'FLOPs are multiply-accumulates of one image at the shares of active tokens that occurred, a mean over tasks. Trained parameters count the head.',
  ]
}

function paperNotes(rows: readonly VtabRow[]): string[] {
  const known = rows.flatMap(({ case: name, paper }) =>
    paper
      ? [
          `${name} is row "${paper.method}" of Table ${paper.table}, ${(100 * paper.mean).toFixed(2)} % for all 19`,
        ]
      : [],
  )
  const unknown = rows.filter(({ paper }) => paper === null).map((row) => row.case)
  return [
    ...(known.length > 0
      ? [
          `Paper (arXiv:2403.11808), backbones pre-trained on ImageNet-21K; its means are over the same tasks: ${known.join('; ')}.`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`The paper has no row with this backbone, method and settings: ${unknown.join(', ')}.`]
      : []),
  ]
}
