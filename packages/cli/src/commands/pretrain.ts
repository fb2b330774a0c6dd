import { Option } from 'commander'
import { ConfigError, type Measure, type PretrainInput, pretrain } from 'dynamic-tuning'
import { stoppedCode } from 'dynamic-tuning/io'
import { vitConfig } from 'dynamic-tuning/models'
import { fieldOf, formatMeasure, numberIn } from 'dynamic-tuning/report'
import { builtinModel, pretrainKeys, pretrainSettings } from 'dynamic-tuning/settings'
import { taskNamed } from 'dynamic-tuning/tasks'
import { type Call, defineCommand } from '../command.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { finetuneFlag } from '../options/finetune-flags.ts'
import { optionsOf } from '../options/setting-option.ts'
import { tensorboardFlag } from '../options/tensorboard.ts'
import { freeRunFolder, quoted } from '../run-name.ts'
import { renderFacts } from '../terminal/facts.ts'
import { trainingProgress } from '../training-progress.ts'

interface Options extends CommonOptions, Omit<Partial<PretrainInput>, keyof CommonOptions | 'model'> {
  readonly model?: string | PretrainInput['model']
  readonly imageSize?: readonly [number, number]
  readonly out?: string
  readonly resume?: boolean
  readonly tensorboard?: boolean
}

const { data, model, init, seed: _seed, threads: _threads, ...training } = pretrainSettings

export const pretrainCommand = defineCommand<Options>({
  name: 'pretrain',
  group: 'Train',
  summary: 'Train a ViT from scratch on labelled images',
  description:
    'Writes backbone.safetensors (half precision) into the run folder: a backbone for finetune --model. Most epochs see a quarter of the patches (PatchDropout), the last ones all.',
  options: [
    ...optionsOf({ data, model }),
    finetuneFlag('imageSize'),
    ...optionsOf({ init }),
    shared.out('run folder (default runs/DATA-pretrain)'),
    new Option('--resume', 'go on with the run in --out'),
    tensorboardFlag(),
    ...optionsOf(training),
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

async function run(call: Call<Options>): Promise<number | undefined> {
  const { options, terminal, signal } = call
  const { out: given, resume = false, tensorboard, model, imageSize, device, ...more } = options
  const { config: _config, json: _json, quiet: _quiet, ...rest } = more
  if (device !== undefined && device !== 'cpu')
    throw new ConfigError(`pretrain: --device ${device} is not supported. Leave it out to train on the CPU.`)
  if (resume && given === undefined)
    throw new ConfigError('pretrain: --resume needs --out. Name the folder of the run.')
  if (!resume && rest.data === undefined)
    throw new ConfigError('pretrain: --data is missing. Give a folder or an archive of class folders.')
  const out = given ?? freeRunFolder(rest.data ?? '', 'pretrain')
  const asked = model !== undefined || imageSize !== undefined
  const input = { ...rest, ...(asked && { model: modelFrom(model, imageSize) }) }
  const { onStep, onEpoch } = trainingProgress(terminal)
  if (!resume) terminal.note(`pre-training on ${rest.data}, into ${out}`)
  const outcome = await pretrain(input, { out, resume, tensorboard, signal, onStep, onEpoch })
  show(outcome, out, terminal)
  return outcome.finished ? undefined : stoppedCode
}

function show(
  { finished, steps, last, settings }: Awaited<ReturnType<typeof pretrain>>,
  out: string,
  terminal: Call<Options>['terminal'],
): void {
  const backbone = `${out}/backbone.safetensors`
  const [measure] = taskNamed().measures
  const score = last && numberIn(last, fieldOf('validation', measure))
  terminal.result(
    { run: out, finished, steps, [measure.name]: score ?? null, backbone, seed: settings.seed },
    () => (finished ? doneText(backbone, measure, score) : ''),
  )
  if (!finished)
    terminal.note(`Stopped after step ${steps}. Go on with: dyt pretrain --resume --out ${quoted(out)}`)
}

function doneText(backbone: string, measure: Measure, score: number | undefined): string {
  return `\n${renderFacts([
    [measure.title, formatMeasure(measure, score ?? Number.NaN), 'of held-out images'],
    ['backbone', backbone],
  ])}\n`
}

/** Sizes of a ViT from --model and --image-size; a settings file may give the sizes themselves. */
function modelFrom(
  model: Options['model'] = builtinModel,
  imageSize: Options['imageSize'],
): PretrainInput['model'] {
  const sizes = typeof model === 'string' ? sizesOf(model) : model
  return { ...sizes, ...(imageSize && { imageSize }) }
}

function sizesOf(name: string): NonNullable<PretrainInput['model']> {
  if (name === 'builtin') return builtinModel
  const { numClasses: _numClasses, ...sizes } = vitConfig(name)
  return sizes
}
