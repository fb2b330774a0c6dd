import { z } from 'zod'
import { backbonePrecisions } from '../../models/backbone-precision.ts'
import * as setting from '../../setting.ts'
import { tasks } from '../../tasks/registry.ts'
import { tunerNamed, tuners } from '../../tuners/registry.ts'

const count = z.int().min(1)

/** What a run starts from: data, backbone, method and task. */
export const startSettings = {
  /** A place of data for `openDataset`. */
  data: setting.text({
    help: 'folder of class folders, .tar, list files, a complete set (KIND:PLACE says which), or builtin:TASK',
    argument: '<place>',
  }),
  model: setting.text({
    default: 'builtin',
    help: "builtin, a path of weights (.safetensors, .npz, .pth), owner/name on the Hugging Face hub, or timm's name with --random-weights",
    argument: '<name>',
  }),
  randomWeights: setting.onOff({
    default: false,
    help: 'draw the backbone at random instead of loading it',
  }),
  /** A name in the registry of methods, or several joined by `+`; checked by `checkFinetune`. */
  method: setting.other(
    z.string(),
    { kind: 'name', choices: tuners.map(({ name }) => name), read: (text) => tunerNamed(text).name },
    { default: 'dyt', help: 'how to tune; some join, as in lora+adaptformer', argument: '<name>' },
  ),
  /** A name in the registry of tasks; if absent, the data decide. */
  task: setting.choice(
    tasks.map(({ name }) => name),
    { optional: true, help: 'what the model is tuned for', argument: '<name>', usual: 'decided by the data' },
  ),
}

/** How the backbone is opened. */
export const backboneSettings = {
  /** [height, width] in pixels. */
  imageSize: setting.other(
    z.tuple([count, count]).readonly(),
    { kind: 'pixels' },
    { help: '224, or HEIGHTxWIDTH', argument: '<px>', usual: "the backbone's own" },
  ),
  /** The run's model is the one with rounded weights. */
  backbonePrecision: setting.choice(backbonePrecisions, {
    default: 'fp32',
    help: 'bits in which frozen maps are kept, in blocks with a scale each',
    argument: '<name>',
  }),
}
