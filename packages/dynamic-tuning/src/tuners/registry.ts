import { ConfigError } from '../errors.ts'
import { adaptformer } from './adaptformer.ts'
import { dynamicFull } from './dynamic-full.ts'
import { dyt } from './dyt.ts'
import { full } from './full.ts'
import { linearProbe } from './linear.ts'
import type { Tuner } from './tuner.ts'

/** All methods, in the order in which they are shown. */
export const tuners: readonly Tuner[] = [linearProbe, full, adaptformer, dyt, dynamicFull]

/** The method of that name. @throws ConfigError for an unknown one */
export function tunerNamed(name: string): Tuner {
  const found = tuners.find((tuner) => tuner.name === name)
  if (found) return found
  throw new ConfigError(
    `method: unknown name ${name}. Choose one of ${tuners.map((tuner) => tuner.name).join(', ')}.`,
  )
}
