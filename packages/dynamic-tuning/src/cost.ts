/** What networks cost in parameters and multiply-accumulates, and the papers' tables beside our counts. */

export type { CostByRate } from './cost/cost-by-rate.ts'
export { countCost } from './cost/count-cost.ts'
export {
  type CountedRow,
  type CountedTable,
  countPaperTable,
  type Figure,
} from './cost/paper/count-paper-table.ts'
export type { PaperModel, PaperRow, PaperTable } from './cost/paper/paper-table.ts'
export { paperTable, paperTables } from './cost/paper/paper-tables.ts'
export { paperCount } from './cost/paper-count.ts'
export { staticFlops } from './cost/static-flops.ts'
