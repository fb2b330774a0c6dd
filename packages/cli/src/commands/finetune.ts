import { Option } from 'commander'
import { ConfigError, type FinetuneInput, type FinetuneOutcome, finetune, finetuneKeys } from 'dynamic-tuning'
import { type Call, defineCommand } from '../command.ts'
import { stoppedCode } from '../interrupt.ts'
import { byteSize } from '../options/bytes.ts'
import { clipFlags } from '../options/clips.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { dispatchOptions } from '../options/dispatch.ts'
import { methodFlags } from '../options/method-options.ts'
import { mixingFlags } from '../options/mixing.ts'
import { integer, number } from '../options/numbers.ts'
import { reductionFlags } from '../options/reduction.ts'
import { tensorboardFlag } from '../options/tensorboard.ts'
import { freeRunFolder, quoted } from '../run-name.ts'
import { summaryText } from '../show-summary.ts'
import { trainingProgress } from '../training-progress.ts'

interface Options extends CommonOptions, Omit<Partial<FinetuneInput>, keyof CommonOptions> {
  readonly out?: string
  readonly resume?: boolean
  readonly tensorboard?: boolean
}

export const finetuneCommand = defineCommand<Options>({
  name: 'finetune',
  group: 'Train',
  summary: 'Adapt a backbone to your images or videos with any method',
  description:
    'Writes a run folder: config.json, metrics.jsonl, checkpoint/ and adapter.safetensors.\nCtrl-C stops after the step under way with a checkpoint (exit code 130); --resume goes on to the very same weights.',
  options: [
    shared.data(),
    shared.model(),
    shared.randomWeights(),
    shared.method(),
    shared.out('run folder (default runs/DATA-METHOD)'),
    new Option('--resume', 'go on with the run in --out'),
    tensorboardFlag(),
    ...dispatchOptions(),
    ...methodFlags(),
    ...reductionFlags(),
    ...clipFlags(),
    shared.imageSize(),
    new Option(
      '--backbone-precision <name>',
      'bits in which frozen maps are kept, in blocks with a scale each (default fp32):',
    ).choices(['fp32', 'int8', 'int4']),
    new Option('--epochs <n>', 'passes over the images (default 30)').argParser(integer(1)),
    shared.batch(),
    new Option('--micro-batch <n>', 'images per pass; more need more memory').argParser(integer(1)),
    new Option(
      '--recompute',
      'compute layers again for the gradients: the same weights with less memory, in more time',
    ),
    new Option(
      '--memory <size>',
      'choose --micro-batch to fit, and --recompute where not one image would, by an estimate: 4GB, 800MB (default near 2 GB of activations)',
    ).argParser(byteSize),
    new Option(
      '--learning-rate <x>',
      'peak of the schedule (default 0.001; full tuning takes a tenth)',
    ).argParser(number(0)),
    new Option('--weight-decay <x>', 'decoupled decay (default 0.0001)').argParser(number(0)),
    new Option('--warmup-epochs <n>', 'default a tenth of the epochs').argParser(number(0)),
    new Option('--label-smoothing <x>', 'default 0').argParser(number(0, 1)),
    new Option(
      '--augment <how>',
      'random changes to training images; light suits photos of things (default none, short-side for videos):',
    ).choices(['none', 'resized-crop', 'light', 'strong', 'short-side', 'rand-augment']),
    ...mixingFlags(),
    new Option(
      '--resize <how>',
      'how images of another shape are fitted (default squash, videos crop):',
    ).choices(['squash', 'crop']),
    new Option(
      '--split <name>',
      'final trains on all but test images, search keeps some to choose settings by (default final):',
    ).choices(['final', 'search']),
    new Option(
      '--validation-share <x>',
      'share of every class put aside where the data have no such images (default 0.2)',
    ).argParser(number(0, 1)),
    new Option('--train-size <n>', 'images drawn of a built-in task (default 1000)').argParser(integer(1)),
    new Option('--test-size <n>', 'the same for testing (default 500)').argParser(integer(1)),
    new Option('--workers <n>', 'threads that read images').argParser(integer(0)),
    new Option(
      '--cache-features <bytes>',
      'disk for what frozen layers give, computed once for images that do not change, such as 2GB; 0 for none (default 2GB for linear)',
    ).argParser(byteSize),
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
  const show = trainingProgress(terminal)
  let total = 0
  if (!resume) terminal.note(`${input.method ?? 'dyt'} on ${input.data}, into ${out}`)
  const outcome = await finetune(input, {
    out,
    resume,
    tensorboard,
    signal,
    onPhase: (phase) => terminal.note(terminal.notePaint.dim(phase)),
    onStep(metrics, all) {
      total = all.steps
      show.onStep(metrics, all)
    },
    onEpoch: show.onEpoch,
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
