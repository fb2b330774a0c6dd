import { basename, join } from 'node:path'
import { Option } from 'commander'
import {
  ConfigError,
  type DeadBlocks,
  exportModel,
  exportPruned,
  exportRandomModel,
  type GivenReduction,
  type OnnxExport,
  openRun,
  type TunedRun,
} from 'dynamic-tuning'
import { formatMemory, sampleWord } from 'dynamic-tuning/report'
import { budgetThresholds } from 'dynamic-tuning/settings'
import { type Call, defineCommand } from '../command.ts'
import { type CommonOptions, compileOptions, type PrecisionChoice, shared } from '../options/common.ts'
import { finetuneFlag, reductionFlags, reductionGiven, someFinetuneFlags } from '../options/finetune-flags.ts'
import { number } from '../options/numbers.ts'
import { deadBlocksText } from '../show-dead-blocks.ts'
import type { Paint } from '../terminal/output.ts'

interface Options extends CommonOptions, PrecisionChoice, GivenReduction {
  readonly format: 'onnx'
  readonly out?: string
  readonly pass?: 'skip' | 'masked'
  readonly external?: boolean
  readonly merge?: boolean
  readonly fused?: boolean
  readonly budget?: number
  readonly fixedThreshold?: boolean
  readonly labels?: boolean
  readonly deadBlocks?: number
  readonly deadBlocksDrop?: boolean
  readonly model?: string
  readonly randomWeights?: boolean
  readonly method?: string
  readonly active?: number
  readonly bottleneck?: number
  readonly classes?: number
  readonly imageSize?: readonly [number, number]
  readonly frames?: number
}

/** An exported file, for --json. */
interface Exported extends OnnxExport {
  readonly file: string
  readonly format: 'onnx'
  readonly method: string
  readonly pass: 'skip' | 'masked'
  readonly deadBlocks?: DeadBlocks
  readonly page?: string
}

export const exportCommand = defineCommand<Options>({
  name: 'export',
  group: 'Use a trained model',
  summary: 'Write a run as an ONNX file that any ONNX Runtime executes',
  description:
    'Standard operators of opset 20 only, unless --fused. Input pixel_values [B, 3, H, W], or [B, 3, T, H, W] for clips, any B; outputs logits [B, K], or [B, K, h, w] of pixels, and, where tokens are skipped, masks [B, gates, tokens] of the images or frames.\nClass names, mean and std are in the metadata of the file.\nLoRA, SSF and FacT are folded into the weights: the graph is that of a plain ViT.',
  arguments: [['[run]', 'folder of a finetune run; none with --random-weights']],
  options: [
    new Option('--format <name>', 'what to write').choices(['onnx']).default('onnx'),
    new Option('--out <file>', 'where to (default model.onnx in the run folder)'),
    new Option(
      '--pass <kind>',
      'skip computes active tokens only, masked all of them (default skip)',
    ).choices(['skip', 'masked']),
    new Option('--labels', 'add the output labels: the class of each image, or of each of its pixels'),
    new Option('--external', 'keep weights in FILE_data (default only above 1 GB)'),
    new Option('--no-merge', 'keep LoRA, SSF and FacT as they are instead of folding them into the weights'),
    shared.precision(),
    new Option(
      '--fused',
      "take ONNX Runtime's own operators where they are faster; other engines cannot run the file",
    ),
    shared.budget(),
    new Option('--fixed-threshold', 'store gate thresholds in the graph instead of taking them as an input'),
    new Option(
      '--dead-blocks [limit]',
      'leave out blocks whose gate lets at most this share of tokens through (default 0)',
    )
      .argParser(number(0, 1))
      .preset('0'),
    new Option('--dead-blocks-drop', 'leave them out for the class token too, whatever that changes'),
    ...someFinetuneFlags(['model', 'randomWeights', 'method']),
    shared.active(),
    finetuneFlag('bottleneck', { group: undefined }),
    shared.classes(),
    finetuneFlag('imageSize'),
    shared.frames(),
    ...reductionFlags(),
  ],
  examples: [
    ['dyt export runs/photos --format onnx', 'writes runs/photos/model.onnx'],
    ['dyt export runs/photos --budget 0.6 --fixed-threshold', 'a calibrated budget, built in'],
    ['dyt export runs/streets --labels', 'with the class of every pixel [B, H, W]'],
    ['dyt export runs/photos --dead-blocks', 'without blocks that no patch token enters'],
    ['dyt export runs/photos --precision int8', 'a quarter of the size, and faster on CPUs'],
    ['dyt export --model vit_base_patch16_224 --random-weights --active 0.5', 'a model to measure'],
    ['dyt export --model vit_base_patch16_224 --random-weights --frames 8', 'the same for clips'],
  ],
  async run({ args: [path], options, terminal }: Call<Options>) {
    const run = path === undefined ? undefined : openRun(path)
    const exported = run === undefined ? await exportRandom(options) : await exportTuned(run, options)
    terminal.result(exported, () => exportText(exported, run, terminal.paint))
    return undefined
  },
})

async function exportTuned(run: TunedRun, options: Options): Promise<Exported> {
  for (const name of [
    'model',
    'randomWeights',
    'method',
    'active',
    'bottleneck',
    'classes',
    'imageSize',
    'frames',
  ] as const)
    if (options[name] !== undefined)
      throw new ConfigError(`export: ${name} is decided by the run ${run.path}. Leave it out.`)
  const { pass = 'skip', external, merge, budget, fixedThreshold: fixedThresholds } = options
  const thresholds = budget === undefined ? undefined : budgetThresholds(run, budget)
  const file = options.out ?? join(run.path, 'model.onnx')
  const { deadBlocksDrop: drop, deadBlocks: limit = drop ? 0 : undefined } = options
  const { precision, fused, device, labels } = options
  const reduction = reductionGiven(options)
  const gates = { thresholds, fixedThresholds }
  const settings = { out: file, pass, external, merge, labels, ...gates, reduction, precision, fused, device }
  const compile = compileOptions({ ...options, precision: undefined })
  const exported =
    limit === undefined
      ? exportModel(run, settings)
      : await exportPruned(run, { ...settings, limit, drop, compile })
  return { file, format: 'onnx', method: run.network.tuner.name, pass, ...exported }
}

async function exportRandom(options: Options): Promise<Exported> {
  const { model, randomWeights, method = 'dyt', pass = 'skip', out } = options
  for (const name of ['budget', 'fixedThreshold', 'labels', 'deadBlocks', 'deadBlocksDrop'] as const)
    if (options[name] !== undefined)
      throw new ConfigError(`export: ${name} needs a run, a random model has none. Leave it out.`)
  if (!randomWeights || model === undefined)
    throw new ConfigError(
      'export: which model? Name the folder of a run, or give --model NAME --random-weights.',
    )
  const share = options.active === undefined ? '' : `-${Math.round(options.active * 100)}`
  const length = sampleWord(options) === 'clip' ? `-${options.frames}frames` : ''
  const file = out ?? `${basename(model, '.safetensors')}-${method}${share}${length}.onnx`
  const reduction = reductionGiven(options)
  const exported = await exportRandomModel({ ...options, model, method, pass, out: file, reduction })
  return { file, format: 'onnx', method, pass, ...exported }
}

function exportText(exported: Exported, run: TunedRun | undefined, paint: Paint): string {
  const { file, files, bytes, pass, operators } = exported
  const values = (all: OnnxExport['inputs']): string =>
    all.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  const nodes = Object.values(operators).reduce((sum, count) => sum + count, 0)
  const how = pass === 'masked' ? 'computes all tokens and masks' : 'computes active tokens only'
  const lines = [
    `${paint.bold(file)}   ${formatMemory(bytes / 2 ** 20)}`,
    ...(files.length > 1 ? [`  weights in ${basename(file)}_data: keep both in one folder`] : []),
    `  ${values(exported.inputs)} ${paint.dim('to')} ${values(exported.outputs)}`,
    paint.dim(
      `  ${nodes} nodes of ${Object.keys(operators).length} ${exported.standard ? 'standard operators' : "operators, some of ONNX Runtime's own"}, opset 20`,
    ),
    ...(exported.outputs.length > 1 ? [paint.dim(`  ${how}`)] : []),
  ]
  const { deadBlocks } = exported
  const dead = deadBlocks && run ? `\n${deadBlocksText(deadBlocks, run.task.measures[0], paint)}` : ''
  return `${lines.join('\n')}\n${dead}`
}
