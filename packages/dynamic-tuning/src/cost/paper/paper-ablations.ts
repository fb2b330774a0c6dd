import type { PaperModel, PaperModels } from './paper-table.ts'

const model = 'vit_base_patch16_224'

/** A row of Dynamic Tuning with d = 64 and r = 0.5, as on complete sets. */
function complete(method: string, options: PaperModel['options']): PaperModel {
  return { method, tuner: 'dyt', options: { bottleneck: 64, rate: 0.5, ...options } }
}

/** A row of Dynamic Tuning with d = 8, as on VTAB-1K. */
function vtab(method: string, rate: number, without: PaperModel['without'] = []): PaperModel {
  return { method, tuner: 'dyt', options: { bottleneck: 8, rate }, without }
}

const both = ['distillation', 'complete'] as const

/** The tables of the paper that compare Dynamic Tuning with itself and print neither parameters nor FLOPs. */
export const paperAblations: readonly PaperModels[] = [
  {
    ...{ number: 7, model },
    rows: [
      complete('token, learned', {}),
      complete('sample, learned', { dispatchLevel: 'sample' }),
      complete('token, random', { dispatchStrategy: 'random' }),
      complete('sample, random', { dispatchLevel: 'sample', dispatchStrategy: 'random' }),
    ],
  },
  {
    ...{ number: 9, model },
    rows: [
      complete('tau = 0.1', { temperature: 0.1 }),
      complete('tau = 1', { temperature: 1 }),
      complete('tau = 5', { temperature: 5 }),
      complete('tau = 5 to 0.1', { temperature: 5, finalTemperature: 0.1 }),
    ],
  },
  {
    ...{ number: 12, model },
    rows: [
      vtab('DyT', 0.5),
      vtab('DyT without distillation', 0.5, ['distillation']),
      vtab('DyT without both losses', 0.5, both),
    ],
  },
  {
    ...{ number: 13, model },
    rows: [0.5, 0.7, 0.9].map((rate) => vtab(`DyT r=${rate} without both losses`, rate, both)),
  },
]
