import { Option } from 'commander'
import { type CompileOptions, type Precision, precisions } from 'dynamic-tuning'
import { methodFlag } from './method-options.ts'
import { imageSize, integer, number } from './numbers.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly seed?: number
  readonly threads?: number
  readonly device?: 'cpu' | 'webgpu' | 'cuda'
  readonly config?: string
}

/** Of commands that run or write a model for inference. */
export interface PrecisionChoice {
  readonly precision?: Precision
}

/** How a command's options let a model be compiled. */
export function compileOptions({
  threads,
  device,
  precision,
}: CommonOptions & PrecisionChoice): CompileOptions {
  const given = Object.entries({ threads, device, precision }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

/** Settings of the whole process, which no command reads: see `program.ts`. */
export interface ProcessOptions {
  /** Fetch no models: as with HF_HUB_OFFLINE=1. */
  readonly offline?: boolean
}

const commonHeading = 'Common options:'

/** Fresh copies of the options that every command has. */
export function commonOptions(): Option[] {
  const options = [
    new Option('--seed <n>', 'seed of everything random (default 0)').argParser(integer(0)),
    new Option('--threads <n>', 'threads of the model; 0 lets the runtime choose').argParser(integer(0)),
    new Option('--device <name>', 'where the model runs (default cpu):').choices(['cpu', 'webgpu', 'cuda']),
    new Option('--config <file>', 'read settings from a YAML or JSON file; flags win'),
    new Option('--offline', 'fetch no models, use those in the cache'),
    new Option('--json', 'print the result as one JSON document'),
    new Option('--quiet', 'no progress, only the result'),
  ]
  return options.map((option) => option.helpGroup(commonHeading))
}

/** Options that several commands share, by name; each call makes a fresh one. */
export const shared = {
  model: (
    text = "builtin (default), a path of weights (.safetensors, .npz, .pth), owner/name on the Hugging Face hub, or timm's name with --random-weights",
  ): Option => new Option('--model <name>', text),
  randomWeights: (): Option =>
    new Option('--random-weights', 'draw the backbone at random instead of loading it'),
  method: methodFlag,
  classes: (text = 'number of classes'): Option => new Option('--classes <n>', text).argParser(integer(1)),
  bottleneck: (): Option =>
    new Option(
      '--bottleneck <d>',
      'features inside an adapter (default 64; 8 or 10 for adapters of other methods)',
    ).argParser(integer(0)),
  rate: (): Option =>
    new Option('--rate <r>', 'wanted share of active tokens (default 0.5)').argParser(number(0, 1)),
  imageSize: (): Option =>
    new Option('--image-size <px>', "224, or HEIGHTxWIDTH (default the backbone's own)").argParser(imageSize),
  frames: (): Option =>
    new Option('--frames <n>', 'classify clips of so many frames instead of images').argParser(integer(1)),
  batch: (text = 'images per step (default 64)'): Option =>
    new Option('--batch <n>', text).argParser(integer(1)),
  data: (
    text = 'folder of class folders, .tar, list files, a complete set (KIND:PLACE says which), or builtin:TASK',
  ): Option => new Option('--data <place>', text),
  out: (text: string): Option => new Option('--out <folder>', text),
  budget: (): Option =>
    new Option(
      '--budget <share>',
      "share of the static model's FLOPs, as calibrated: see dyt calibrate",
    ).argParser(number(0)),
  precision: (): Option =>
    new Option('--precision <name>', "of the backbone's matrix products (default fp32):").choices([
      ...precisions,
    ]),
  active: (): Option =>
    new Option('--active <share>', 'share of tokens that random dispatchers let through').argParser(
      number(0, 1),
    ),
}
