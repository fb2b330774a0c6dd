import type { Device } from '@dynamic-tuning/engine'
import { z } from 'zod'
import * as setting from '../../setting.ts'

/** Where models run in Node. */
export const nodeDevices = ['cpu', 'webgpu', 'cuda'] as const satisfies readonly Device[]

/** What all commands share; help shows them last. */
export const commonSettings = setting.grouped('Common options:', {
  seed: setting.whole({ default: 0, help: 'seed of everything random', argument: '<n>' }),
  threads: setting.whole({
    default: 0,
    most: 1024,
    usual: '',
    help: 'threads of the model; 0 lets the runtime choose',
    argument: '<n>',
  }),
  device: setting.choice(nodeDevices, {
    default: 'cpu',
    help: 'where the model runs',
    argument: '<name>',
  }),
})

/** What a run may take of the machine. */
export const machineSettings = {
  /** Absent: one less than the cores. */
  workers: setting.whole({ optional: true, most: 256, help: 'threads that read images', argument: '<n>' }),
  /** Absent: 2 GB where that saves nearly all of the model's work. */
  cacheFeatures: setting.other(
    z.int().min(0),
    { kind: 'bytes' },
    {
      optional: true,
      help: 'disk for what frozen layers give, computed once for images that do not change, such as 2GB; 0 for none',
      argument: '<bytes>',
      usual: '2GB for linear',
    },
  ),
}
