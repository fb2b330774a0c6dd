import { Option } from 'commander'
import { ConfigError } from 'dynamic-tuning'
import { stoppedCode } from 'dynamic-tuning/io'
import { noahSearchKeys, noahSearchSettings } from 'dynamic-tuning/settings'
import {
  type NoahSearchInput,
  type NoahSearchResult,
  type NoahSearchStopped,
  noahSearch,
} from 'dynamic-tuning/study'
import { type Call, defineCommand } from '../command.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { optionOf } from '../options/setting-option.ts'
import { freeRunFolder, quoted } from '../run-name.ts'
import { searchProgress } from '../search-progress.ts'
import { winnerText } from '../show-winner.ts'

interface Options extends CommonOptions, Omit<Partial<NoahSearchInput>, keyof CommonOptions> {
  readonly out?: string
  readonly resume?: boolean
}

const flags = (names: readonly (keyof typeof noahSearchSettings)[]): Option[] =>
  names.map((name) => optionOf(name, noahSearchSettings[name]))

export const noahSearchCommand = defineCommand<Options>({
  name: 'noah-search',
  group: 'Train',
  summary: 'Search for the prompts, LoRA and adapters of every layer (NOAH)',
  description:
    "Trains a super-network, then evolves sub-networks of it on validation images:\nval200 of list files, val/ where there is a test/ too, else a share of the training images; never on test images. Writes noah.json into the run folder; dyt finetune --config RUN/noah.json trains the winner on all training images.\nThe defaults are the paper's and take long: see the examples for less.\n\nCtrl-C stops (exit code 130), --resume goes on to the same winner. The chances of mutation, moduleChance and depthChance, go in a file for --config.",
  options: [
    ...flags(['data', 'model', 'randomWeights']),
    shared.out('run folder (default runs/DATA-noah)'),
    new Option('--resume', 'go on with the run in --out'),
    ...flags(['limit', 'sizes', 'population', 'rounds', 'best', 'mutants', 'crossovers', 'validationImages']),
    ...flags(['imageSize', 'epochs', 'batch', 'learningRate', 'weightDecay', 'adapterDropout', 'microBatch']),
    ...flags(['warmupEpochs', 'labelSmoothing', 'augment', 'mixup', 'cutmix', 'resize']),
    ...flags(['trainSize', 'testSize', 'workers']),
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
