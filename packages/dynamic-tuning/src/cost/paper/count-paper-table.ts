import { modelOf } from '../../models/model.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { modelConfig } from '../../models/named-model.ts'
import { type Network, network } from '../../network/network.ts'
import { reductionOptions } from '../../reduction/options.ts'
import { tuners } from '../../tuners/registry.ts'
import { type CostByRate, costByRate, rateAtCost } from '../cost-by-rate.ts'
import { countFlops, modelCost } from '../model-cost.ts'
import { paperCount } from '../paper-count.ts'
import type { PaperRow, PaperTable } from './paper-table.ts'

/** A figure as printed in the paper and as counted here. */
export interface Figure {
  /** In millions (parameters) or 10^9 (FLOPs). */
  readonly paper: number
  readonly ours?: number
  /** Ours with the digits of print: rounded, or cut where the table is. */
  readonly text?: string
  /** True if that is the printed one. */
  readonly agrees?: boolean
}

/** A row of a table of the paper and our count. */
export interface CountedRow {
  readonly method: string
  /** Why it is not counted, or only partly. */
  readonly missing?: string
  /** In millions: what the method adds or trains, such as adapters, without head and dispatchers. */
  readonly paramsM: Figure
  /** In 10^9 multiply-accumulates, at `rate` if the method dispatches. */
  readonly flopsG: Figure
  /** r, the target rate in the paper. */
  readonly rate?: number
  /** In 10^9 multiply-accumulates, as a function of the rate of active tokens. */
  readonly flopsGByRate?: CostByRate
  /** Rate, the same in all layers, at which our count equals the printed one. */
  readonly rateOfPrint?: number
}

/** A table of the paper and our counts. */
export interface CountedTable extends Pick<PaperTable, 'caption' | 'model' | 'notes'> {
  readonly table: number
  readonly rows: readonly CountedRow[]
}

/** Counts every row of a table that this library can build; the other rows have only the paper's figures. */
export function countPaperTable(table: PaperTable): CountedTable {
  const { number, caption, model, notes } = table
  return { table: number, caption, model, rows: table.rows.map((row) => countRow(row, table)), notes }
}

function countRow(row: PaperRow, table: PaperTable): CountedRow {
  const { method } = row
  const { lacks, cut } = table
  const printed = { paramsM: { paper: Number(row.params) }, flopsG: { paper: Number(row.flops) } }
  if (row.tuner === undefined) return { method, ...(lacks && { missing: lacks }), ...printed }
  const tuner = tuners.find(({ name }) => name === row.tuner)
  if (tuner === undefined) return { method, missing: `${row.tuner} is not built`, ...printed }
  const counted = network({
    ...modelOf(configOf(row, table)),
    tuner,
    options: { ...tuner.defaults, ...row.options },
    reduction: reductionOptions(row.reduction),
  })
  const paramsM = figure(row.params, paperCount(modelCost({ network: counted }).params) / 1e6)
  if (lacks) return { method, missing: lacks, paramsM, flopsG: printed.flopsG }
  return { method, paramsM, ...countFlopsOf(row, counted, cut) }
}

/** The model configuration of a row: for images, or for clips if the row names a number of frames. */
export function configOf(
  { frames, classes }: Pick<PaperRow, 'frames' | 'classes'>,
  table: Pick<PaperTable, 'model' | 'classes' | 'setup'>,
): ModelConfig {
  return modelConfig(table.model, classes ?? table.classes, { frames, ...table.setup })
}

function countFlopsOf(
  row: PaperRow,
  counted: Network,
  cut: boolean | undefined,
): Omit<CountedRow, 'method' | 'paramsM'> {
  const { dispatch, rate } = counted.options
  const flops = (activeRate?: number): number => countFlops({ network: counted, activeRate }).total / 1e9
  if (dispatch === 'none') return { flopsG: figure(row.flops, flops(), cut) }
  const { constant, linear, quadratic } = costByRate({ network: counted })
  const flopsGByRate = { constant: constant / 1e9, linear: linear / 1e9, quadratic: quadratic / 1e9 }
  const rateOfPrint = rateAtCost(flopsGByRate, Number(row.flops))
  const flopsG = figure(row.flops, flops(rate), cut)
  return { flopsG, rate, flopsGByRate, ...(rateOfPrint !== undefined && { rateOfPrint }) }
}

function figure(printed: string, ours: number, cut = false): Figure {
  const digits = printed.split('.')[1]?.length ?? 0
  const text = (cut ? Math.floor(ours * 10 ** digits) / 10 ** digits : ours).toFixed(digits)
  return { paper: Number(printed), ours, text, agrees: text === printed }
}
