import { Option } from 'commander'
import {
  builtinModel,
  ConfigError,
  fieldOf,
  type Measure,
  numberIn,
  type PretrainInput,
  pretrain,
  pretrainKeys,
  taskNamed,
  vitConfig,
} from 'dynamic-tuning'
import { type Call, defineCommand } from '../command.ts'
import { stoppedCode } from '../interrupt.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { mixingFlags } from '../options/mixing.ts'
import { integer, number } from '../options/numbers.ts'
import { tensorboardFlag } from '../options/tensorboard.ts'
import { freeRunFolder, quoted } from '../run-name.ts'
import { renderFacts } from '../terminal/facts.ts'
import { formatMeasure } from '../terminal/format.ts'
import { trainingProgress } from '../training-progress.ts'

interface Options extends CommonOptions, Omit<Partial<PretrainInput>, keyof CommonOptions | 'model'> {
  readonly model?: string | PretrainInput['model']
  readonly imageSize?: readonly [number, number]
  readonly out?: string
  readonly resume?: boolean
  readonly tensorboard?: boolean
}

export const pretrainCommand = defineCommand<Options>({
  name: 'pretrain',
  group: 'Train',
  summary: 'Train a ViT from scratch on labelled images',
  description:
    'Writes backbone.safetensors (half precision) into the run folder: a backbone for finetune --model. Most epochs see a quarter of the patches (PatchDropout), the last ones all.',
  options: [
    shared.data(),
    new Option('--model <name>', "timm's name, or builtin: 64 px, patch 8, 4.9 M parameters (default)"),
    shared.imageSize(),
    new Option('--init <path>', 'weights to start from instead of random ones, at any image size'),
    shared.out('run folder (default runs/DATA-pretrain)'),
    new Option('--resume', 'go on with the run in --out'),
    tensorboardFlag(),
    new Option('--epochs <n>', 'passes over the images (default 20)').argParser(integer(1)),
    new Option('--full-epochs <n>', 'the last epochs, which see all patches (default 2)').argParser(
      integer(0),
    ),
    new Option('--keep <share>', 'share of patches seen before them (default 0.25)').argParser(number(0, 1)),
    shared.batch('images per step (default 128)'),
    new Option('--micro-batch <n>', 'images per pass (default 64)').argParser(integer(1)),
    new Option(
      '--optimizer <name>',
      "muon (default): the layers' matrices along orthogonalised gradients; or adamw",
    ).choices(['muon', 'adamw']),
    new Option('--learning-rate <x>', 'peak of the schedule (default 0.001)').argParser(number(0)),
    new Option('--minimum-learning-rate <x>', 'at the last step (default 0.00001)').argParser(number(0)),
    new Option('--warmup-epochs <n>', 'default 1').argParser(number(0)),
    new Option('--weight-decay <x>', 'default 0.05').argParser(number(0)),
    new Option('--label-smoothing <x>', 'default 0.1').argParser(number(0, 1)),
    new Option(
      '--crop-scale <share>',
      "least share of an image's area in a random crop (default 0.35)",
    ).argParser(number(0, 1)),
    ...mixingFlags(),
  ],
  fileKeys: pretrainKeys,
  examples: [
    ['dyt pretrain --data tiny-imagenet/ --out runs/backbone', 'the recipe of the built-in backbone'],
    ['dyt pretrain --resume --out runs/backbone', 'go on where Ctrl-C stopped'],
    ['dyt finetune --data photos/ --model runs/backbone/backbone.safetensors', 'use what came out'],
  ],
  stoppable: true,
  run,
})

async function run({ options, terminal, signal }: Call<Options>): Promise<number | undefined> {
  const {
    out: given,
    resume = false,
    tensorboard,
    model,
    imageSize,
    config: _c,
    json: _j,
    quiet: _q,
    device,
    ...rest
  } = options
  if (device !== undefined && device !== 'cpu')
    throw new ConfigError(`pretrain: --device ${device} is not supported. Leave it out to train on the CPU.`)
  if (resume && given === undefined)
    throw new ConfigError('pretrain: --resume needs --out. Name the folder of the run.')
  if (!resume && rest.data === undefined)
    throw new ConfigError('pretrain: --data is missing. Give a folder or an archive of class folders.')
  const out = given ?? freeRunFolder(rest.data ?? '', 'pretrain')
  const chosen = modelFrom(model, imageSize)
  const input = { ...rest, ...(chosen && { model: chosen }) }
  const show = trainingProgress(terminal)
  if (!resume) terminal.note(`pre-training on ${rest.data}, into ${out}`)
  const outcome = await pretrain(input, {
    out,
    resume,
    tensorboard,
    signal,
    onStep: show.onStep,
    onEpoch: show.onEpoch,
  })
  const { finished, steps, last, settings } = outcome
  const backbone = `${out}/backbone.safetensors`
  const [measure] = taskNamed().measures
  const score = last && numberIn(last, fieldOf('validation', measure))
  terminal.result(
    { run: out, finished, steps, [measure.name]: score ?? null, backbone, seed: settings.seed },
    () => (finished ? doneText(backbone, measure, score) : ''),
  )
  if (finished) return
  terminal.note(`Stopped after step ${steps}. Go on with: dyt pretrain --resume --out ${quoted(out)}`)
  return stoppedCode
}

function doneText(backbone: string, measure: Measure, score: number | undefined): string {
  return `\n${renderFacts([
    [measure.title, formatMeasure(measure, score ?? Number.NaN), 'of held-out images'],
    ['backbone', backbone],
  ])}\n`
}

/** A ViT's sizes from what --model and --image-size say; a settings file may hold the sizes themselves. */
function modelFrom(model: Options['model'], imageSize: Options['imageSize']): PretrainInput['model'] {
  if (model === undefined && imageSize === undefined) return undefined
  const sizes =
    typeof model === 'string' && model !== 'builtin' ? withoutClasses(model) : (model ?? builtinModel)
  const found = sizes === 'builtin' ? builtinModel : sizes
  return imageSize && typeof found === 'object' ? { ...found, imageSize } : (found as PretrainInput['model'])
}

function withoutClasses(name: string): PretrainInput['model'] {
  const { numClasses: _numClasses, ...sizes } = vitConfig(name)
  return sizes
}
