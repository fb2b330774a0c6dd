import { ConfigError } from '../errors.ts'
import { adapterHoulsby } from './adapter-houlsby.ts'
import { adapterPfeiffer } from './adapter-pfeiffer.ts'
import { adaptformer } from './adaptformer.ts'
import { bitfit } from './bitfit.ts'
import { joinTuners } from './compose.ts'
import { convpass } from './convpass.ts'
import { dynamicFull } from './dynamic-full.ts'
import { dyt } from './dyt.ts'
import { factTk } from './fact-tk.ts'
import { factTt } from './fact-tt.ts'
import { full } from './full.ts'
import { linearProbe } from './linear.ts'
import { lora } from './lora.ts'
import { noah } from './noah.ts'
import { resTuning } from './res-tuning.ts'
import { ssf } from './ssf.ts'
import type { Tuner } from './tuner.ts'
import { vptDeep } from './vpt-deep.ts'
import { vptShallow } from './vpt-shallow.ts'

/** All methods, in display order. */
export const tuners: readonly Tuner[] = [
  linearProbe,
  full,
  adapterHoulsby,
  adapterPfeiffer,
  bitfit,
  lora,
  vptShallow,
  vptDeep,
  ssf,
  noah,
  convpass,
  adaptformer,
  factTt,
  factTk,
  resTuning,
  dyt,
  dynamicFull,
]

/**
 * The method with this name, or several joined by `+`, such as `lora+adaptformer`.
 * @throws ConfigError for unknown names and impossible combinations
 */
export function tunerNamed(name: string): Tuner {
  const parts = name.split('+').map(oneNamed)
  return parts.length === 1 ? (parts[0] as Tuner) : joinTuners(parts)
}

function oneNamed(name: string): Tuner {
  const found = tuners.find((tuner) => tuner.name === name)
  if (found) return found
  throw new ConfigError(
    `method: unknown name ${name}. Choose one of ${tuners.map((tuner) => tuner.name).join(', ')}.`,
  )
}
