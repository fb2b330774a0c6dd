import { type VtabTask, vtabGroups, vtabTasks } from '../../data/kinds/vtab.ts'
import { valueIn } from '../../evaluation/measure.ts'
import type { BesideTable } from '../paper/beside-paper.ts'
import { type BesideCell, type BesidePoint, besidePlot, besideTable } from '../paper/beside-paper.ts'
import { scoreOf } from '../pool/score.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome, VtabRow } from './outcome.ts'

const none: BesideCell = { score: null, paper: null }

/** All rows by task and their mean, beside the paper's, in the format of its Table 3. */
export function byTask({ rows }: VtabOutcome): BesideTable {
  const shown = vtabTasks.filter(({ name }) =>
    rows.some(({ tasks }) => tasks.some(({ task }) => task === name)),
  )
  const cellOf = ({ tasks }: VtabRow, { name }: VtabTask): BesideCell => {
    const found = tasks.find(({ task }) => task === name)
    return found ? { score: scoreOf(found, vtabMeasure).mean, paper: found.paper } : none
  }
  const lines = rows.map((row) => ({
    ...{ name: row.case, flops: row.flops, trainableParams: row.trainableParams },
    cells: [...shown.map((task) => cellOf(row, task)), meanOf(row)],
  }))
  return besideTable([...shown.map(({ title }) => title), 'mean'], lines, { measure: vtabMeasure, digits: 1 })
}

/** All rows by group and their mean, beside the paper's. */
export function byGroup({ rows }: VtabOutcome): BesideTable {
  const lines = rows.map((row) => ({
    ...{ name: row.case, flops: row.flops, trainableParams: row.trainableParams },
    cells: [
      ...vtabGroups.map((name) => {
        const found = row.groups.find(({ group }) => group === name)
        return found ? { score: valueIn(found, vtabMeasure), paper: found.paper } : none
      }),
      meanOf(row),
    ],
  }))
  return besideTable([...vtabGroups, 'mean'], lines, { measure: vtabMeasure, digits: 2 })
}

function meanOf({ mean }: VtabRow): BesideCell {
  return { score: scoreOf(mean, vtabMeasure).mean, paper: mean.paper }
}

/** SVG of the mean over groups against FLOPs, as in the paper's Figure 1. */
export function jointPlot({ rows }: VtabOutcome): string {
  const points = rows.map(({ case: name, flops, mean, paper, complete }): BesidePoint => {
    const { mean: score, deviation } = scoreOf(mean, vtabMeasure)
    const printed =
      complete && paper?.flopsG !== undefined ? { score: paper.mean, flops: paper.flopsG * 1e9 } : undefined
    return { name, flops, score, spread: deviation, paper: printed }
  })
  return besidePlot('mean of the means of groups', points, vtabMeasure)
}
