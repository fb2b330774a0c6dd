import type { Device } from '@dynamic-tuning/engine'
import { z } from 'zod'
import * as setting from '../../setting.ts'

/** Devices in Node. */
export const nodeDevices = ['cpu', 'webgpu', 'cuda'] as const satisfies readonly Device[]

/** Settings of all commands; help shows them last. */
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

/** Settings that limit a run's use of the machine. */
export const machineSettings = {
  /** Absent: one less than the cores. */
  workers: setting.whole({ optional: true, most: 256, help: 'threads that read images', argument: '<n>' }),
  /** Absent: 2 GB if that saves nearly all of the model's work. */
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
