import type { CommandUnit } from '../command.ts'
import { benchInferenceCommand, benchTrainingCommand } from './bench.ts'
import { calibrateCommand } from './calibrate.ts'
import { compareCommand } from './compare.ts'
import { dataCommand } from './data.ts'
import { demoCommand } from './demo.ts'
import { downloadCommand } from './download.ts'
import { evalCommand } from './eval.ts'
import { explainCommand } from './explain.ts'
import { exportCommand } from './export.ts'
import { finetuneCommand } from './finetune.ts'
import { flopsCommand } from './flops.ts'
import { methodsCommand } from './methods.ts'
import { noahSearchCommand } from './noah-search.ts'
import { predictCommand } from './predict.ts'
import { pretrainCommand } from './pretrain.ts'
import { sweepCommand } from './sweep.ts'
import { verifyCommand } from './verify.ts'
import { vtabCommand } from './vtab.ts'

/** All commands, in the order of `dyt --help` within their group. */
export const commands: readonly CommandUnit[] = [
  demoCommand,
  dataCommand,
  finetuneCommand,
  compareCommand,
  sweepCommand,
  vtabCommand,
  noahSearchCommand,
  pretrainCommand,
  downloadCommand,
  evalCommand,
  predictCommand,
  explainCommand,
  calibrateCommand,
  exportCommand,
  methodsCommand,
  flopsCommand,
  benchInferenceCommand,
  benchTrainingCommand,
  verifyCommand,
]
