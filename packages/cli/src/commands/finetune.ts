import { Option } from 'commander'
import { ConfigError, type FinetuneInput, type FinetuneOutcome, finetune } from 'dynamic-tuning'
import { stoppedCode } from 'dynamic-tuning/io'
import { finetuneKeys, learningRateText } from 'dynamic-tuning/settings'
import { taskNamed } from 'dynamic-tuning/tasks'
import { type Call, defineCommand } from '../command.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { type FinetuneName, finetuneFlagsBut, someFinetuneFlags } from '../options/finetune-flags.ts'
import { tensorboardFlag } from '../options/tensorboard.ts'
import { freeRunFolder, quoted } from '../run-name.ts'
import { summaryText } from '../show-summary.ts'
import { trainingProgress } from '../training-progress.ts'

interface Options extends CommonOptions, Omit<Partial<FinetuneInput>, keyof CommonOptions> {
  readonly out?: string
  readonly resume?: boolean
  readonly tensorboard?: boolean
}

/** The first settings in help. */
const first: readonly FinetuneName[] = ['data', 'model', 'randomWeights', 'method', 'task']

export const finetuneCommand = defineCommand<Options>({
  name: 'finetune',
  group: 'Train',
  summary: 'Adapt a backbone to your images or videos with any method',
  description:
    'Writes a run folder: config.json, metrics.jsonl, checkpoint/ and adapter.safetensors.\nCtrl-C stops after the step under way with a checkpoint (exit code 130), as SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 do; --resume goes on to the very same weights.',
  options: [
    ...someFinetuneFlags(first),
    shared.out('run folder (default runs/DATA-METHOD)'),
    new Option('--resume', 'go on with the run in --out'),
    tensorboardFlag(),
    ...finetuneFlagsBut(first),
  ],
  fileKeys: finetuneKeys,
  examples: [
    ['dyt finetune --data builtin:nature --epochs 5', 'a task that is drawn on the fly'],
    ['dyt finetune --data photos/ --out runs/photos', 'your own photos, one folder per class'],
    ['dyt finetune --data cifar10:/data --augment light', "a complete set in its authors' files"],
    ['dyt finetune --data photos/ --method linear --seed 1', 'another method to compare with'],
    ['dyt finetune --data photos/ --dispatch attention-mlp --rate 0.7', 'another variant of Dynamic Tuning'],
    ['dyt finetune --data photos/ --experts 4', 'MoE-adapters'],
    ['dyt finetune --data clips/ --sampling-rate 16 --views 1x3', 'videos, one folder per class'],
    ['dyt finetune --resume --out runs/photos', 'go on where Ctrl-C stopped'],
  ],
  stoppable: true,
  run,
})

async function run(call: Call<Options>): Promise<number | undefined> {
  const { options, terminal, signal } = call
  const { out: given, resume = false, config: _config, json: _json, quiet: _quiet, ...rest } = options
  const { tensorboard, ...input } = rest
  const out = place(given, resume, input)
  let show = trainingProgress(terminal)
  let total = 0
  if (!resume) terminal.note(`${input.method ?? 'dyt'} on ${input.data}, into ${out}`)
  const outcome = await finetune(input, {
    out,
    resume,
    tensorboard,
    signal,
    onOpen: (settings) => {
      show = trainingProgress(terminal, taskNamed(settings.task).measures[0])
      terminal.note(terminal.notePaint.dim(`learning rate ${learningRateText(settings)}`))
    },
    onPhase: (phase) => terminal.note(terminal.notePaint.dim(phase)),
    onStep(metrics, all) {
      total = all.steps
      show.onStep(metrics, all)
    },
    onEpoch: (metrics) => show.onEpoch(metrics),
  })
  return outcome.summary ? finish(call, outcome, out) : stop(call, outcome, out, total)
}

function place(
  out: string | undefined,
  resume: boolean,
  { data, method = 'dyt' }: Partial<FinetuneInput>,
): string {
  if (resume && out === undefined)
    throw new ConfigError('finetune: --resume needs --out. Name the folder of the run to go on with.')
  if (!resume && data === undefined)
    throw new ConfigError(
      'finetune: --data is missing. Give a folder with one folder of images per class, or builtin:nature to try.',
    )
  return out ?? freeRunFolder(data ?? '', method)
}

function finish({ terminal }: Call<Options>, { summary, settings }: FinetuneOutcome, out: string): undefined {
  if (summary === undefined) return
  const { paint } = terminal
  terminal.result(summary, () => {
    const next = settings.data.startsWith('builtin:')
      ? `dyt eval ${quoted(out)}`
      : `dyt predict ${quoted(out)} IMAGE`
    return `\n${paint.bold(out)}\n\n${summaryText(summary, paint)}\nNext: ${paint.accent(next)}\n`
  })
}

function stop(
  { terminal }: Call<Options>,
  { steps, settings }: FinetuneOutcome,
  out: string,
  total: number,
): number {
  const document = {
    run: out,
    method: settings.method,
    finished: false,
    steps,
    totalSteps: total,
    seed: settings.seed,
  }
  terminal.result(document, () => '')
  terminal.note(`Stopped after step ${steps}. Go on with: dyt finetune --resume --out ${quoted(out)}`)
  return stoppedCode
}
