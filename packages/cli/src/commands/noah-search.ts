import { Option } from 'commander'
import {
  ConfigError,
  type NoahSearchInput,
  type NoahSearchResult,
  type NoahSearchStopped,
  noahSearch,
  noahSearchKeys,
} from 'dynamic-tuning'
import { type Call, defineCommand } from '../command.ts'
import { stoppedCode } from '../interrupt.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { integer, integers, number } from '../options/numbers.ts'
import { freeRunFolder, quoted } from '../run-name.ts'
import { searchProgress } from '../search-progress.ts'
import { winnerText } from '../show-winner.ts'
import { finetuneCommand } from './finetune.ts'

interface Options extends CommonOptions, Omit<Partial<NoahSearchInput>, keyof CommonOptions> {
  readonly out?: string
  readonly resume?: boolean
}

/** Options of `finetune` that also train a super-network, as they are. */
const training = [
  ...['microBatch', 'warmupEpochs', 'labelSmoothing', 'adapterDropout', 'augment', 'resize'],
  ...['mixup', 'cutmix'],
  ...['trainSize', 'testSize', 'workers'],
]

export const noahSearchCommand = defineCommand<Options>({
  name: 'noah-search',
  group: 'Train',
  summary: 'Search for the prompts, LoRA and adapters of every layer (NOAH)',
  description:
    "Trains a super-network, then evolves sub-networks of it on validation images:\nval200 of list files, val/ where there is a test/ too, else a share of the training images; never on test images. Writes noah.json into the run folder; dyt finetune --config RUN/noah.json trains the winner on all training images.\nThe defaults are the paper's and take long: see the examples for less.\n\nCtrl-C stops (exit code 130), --resume goes on to the same winner. The chances of mutation, moduleChance and depthChance, go in a file for --config.",
  options: [
    shared.data(),
    shared.model(),
    shared.randomWeights(),
    shared.out('run folder (default runs/DATA-noah)'),
    new Option('--resume', 'go on with the run in --out'),
    new Option('--limit <n>', 'most parameters, the head excluded (default 0.64e6)').argParser(number(1)),
    new Option('--sizes <n,...>', 'sizes of a module in a layer (default 1,5,10)').argParser(integers(1)),
    new Option('--population <n>', 'sub-networks of a round (default 50)').argParser(integer(1)),
    new Option('--rounds <n>', 'rounds of the evolution (default 15)').argParser(integer(1)),
    new Option('--best <n>', 'the next round is made of so many (default a fifth)').argParser(integer(1)),
    new Option('--mutants <n>', 'mutants of a round (default half)').argParser(integer(0)),
    new Option('--crossovers <n>', 'crossovers of a round (default half)').argParser(integer(0)),
    new Option('--validation-images <n>', 'the most to evaluate on (default 500)').argParser(integer(1)),
    shared.imageSize(),
    new Option('--epochs <n>', 'of the super-network (default 500)').argParser(integer(1)),
    shared.batch(),
    new Option('--learning-rate <x>', 'peak of its schedule (default 0.0005)').argParser(number(0)),
    new Option('--weight-decay <x>', 'decoupled decay (default 0.0001)').argParser(number(0)),
    ...finetuneCommand.options.filter((option) => training.includes(option.attributeName())),
  ],
  fileKeys: noahSearchKeys,
  examples: [
    ['dyt noah-search --data vtab/cifar --model vit.safetensors', 'as in the paper'],
    ['dyt noah-search --data photos/ --epochs 30 --population 20 --rounds 5', 'a small search'],
    ['dyt noah-search --data photos/ --limit 0.2e6 --out runs/small', 'fewer parameters'],
    ['dyt noah-search --resume --out runs/small', 'go on where Ctrl-C stopped'],
    ['dyt finetune --config runs/small/noah.json', 'train what was found'],
  ],
  stoppable: true,
  run,
})

async function run({ options, terminal, signal }: Call<Options>): Promise<number | undefined> {
  const { out: given, resume = false, config: _config, json: _json, quiet: _quiet, ...input } = options
  if (resume && given === undefined)
    throw new ConfigError('noah-search: --resume needs --out. Name the folder of the run to go on with.')
  if (!resume && input.data === undefined)
    throw new ConfigError(
      'noah-search: --data is missing. Give a folder with one folder of images per class, or builtin:nature to try.',
    )
  const out = given ?? freeRunFolder(input.data ?? '', 'noah')
  if (!resume) terminal.note(`noah-search on ${input.data}, into ${out}`)
  const outcome = await noahSearch(input, { out, resume, signal, ...searchProgress(terminal) })
  return outcome.finished ? finish(outcome, terminal) : stop(outcome, terminal)
}

function finish(result: NoahSearchResult, terminal: Call<Options>['terminal']): undefined {
  terminal.result(result, () => winnerText(result, terminal.paint))
}

function stop(stopped: NoahSearchStopped, terminal: Call<Options>['terminal']): number {
  const { run: out, steps, candidates } = stopped
  terminal.result(stopped, () => '')
  const done = candidates > 0 ? `${candidates} sub-networks` : `step ${steps}`
  terminal.note(`Stopped after ${done}. Go on with: dyt noah-search --resume --out ${quoted(out)}`)
  return stoppedCode
}
