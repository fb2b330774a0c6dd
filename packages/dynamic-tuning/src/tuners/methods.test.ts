import { describeTuner, type TunerCase } from './describe-tuner.test.support.ts'
import { tunerNamed, tuners } from './registry.ts'

const adapters = { bottleneck: 4, adapterScale: 1 }

/** Sizes for a model of 16 features in two layers. */
const cases: Readonly<Record<string, TunerCase>> = {
  'adapter-houlsby': { options: { bottleneck: 4 } },
  'adapter-pfeiffer': { options: { bottleneck: 4 } },
  adaptformer: { options: adapters },
  dyt: { options: { ...adapters, rate: 0.3 } },
  'dynamic-full': { options: { rate: 0.3 } },
  convpass: { options: { bottleneck: 3 } },
  lora: { options: { rank: 3, loraAlpha: 6 } },
  'vpt-shallow': { options: { promptLength: 7 } },
  'vpt-deep': { options: { promptLength: 2 } },
  'fact-tt': { options: { rank: 3, adapterScale: 0.7 }, rate: 1e-2 },
  'fact-tk': { options: { rank: 3, adapterScale: 0.7 }, rate: 1e-2 },
  'res-tuning': { options: { bottleneck: 3 } },
  noah: { options: { visualPromptDim: [2, 3], loraDim: [0, 2], adapterDim: [3, 0] } },
  'lora+adaptformer': { options: { ...adapters, rank: 2 } },
  'ssf+vpt-deep': { options: { promptLength: 2 } },
}

for (const tuner of tuners) describeTuner(tuner, cases[tuner.name])
for (const name of Object.keys(cases).filter((each) => each.includes('+')))
  describeTuner(tunerNamed(name), cases[name])
