import { tunerNamed } from '../tuners/registry.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'
import { scaledRate } from './settings/schedule-settings.ts'

/** The peak of a run's learning rate and what it follows from: `0.004 = 0.001 x 1024 / 256`. */
export function learningRateText({
  learningRate,
  baseLearningRate,
  batch,
  method,
}: Pick<FinetuneSettings, 'learningRate' | 'baseLearningRate' | 'batch' | 'method'>): string {
  const { learningRateFactor } = tunerNamed(method)
  const scales = baseLearningRate !== undefined && scaledRate(baseLearningRate, batch) === learningRate
  const factors = [
    ...(learningRateFactor === 1 ? [] : [String(learningRateFactor)]),
    scales ? `${baseLearningRate} x ${batch} / 256` : String(learningRate),
  ]
  const peak = Number((learningRateFactor * learningRate).toPrecision(6))
  const sum = factors.length > 1 || scales ? `${peak} = ${factors.join(' x ')}` : String(peak)
  return scales ? sum : `${sum}, for any batch`
}
