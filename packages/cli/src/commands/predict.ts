import { Option } from 'commander'
import { type ImagePrediction, openRun, predictImages, type Task } from 'dynamic-tuning'
import { formatPercent, sampleWord } from 'dynamic-tuning/report'
import { budgetThresholds, withAnswerSettings } from 'dynamic-tuning/settings'
import { type Call, defineCommand } from '../command.ts'
import { imagePaths } from '../image-paths.ts'
import { answerFlags } from '../options/answer-flags.ts'
import { type CommonOptions, compileOptions, type PrecisionChoice, shared } from '../options/common.ts'
import { finetuneFlag } from '../options/finetune-flags.ts'
import { integer } from '../options/numbers.ts'
import type { Paint } from '../terminal/output.ts'
import { cutToWidth, displayWidth, printable } from '../terminal/width.ts'

interface Options extends CommonOptions, PrecisionChoice {
  readonly top?: number
  readonly batch?: number
  readonly budget?: number
  readonly out?: string
}

export const predictCommand = defineCommand<Options>({
  name: 'predict',
  group: 'Use a trained model',
  summary: 'Labels, or masks, for images or videos, with the share of tokens that were active',
  arguments: [
    ['<run>', 'folder of a finetune run'],
    ['<images...>', "image files (of a run on videos, videos), folders, or patterns such as 'photos/*.jpg'"],
  ],
  options: [
    new Option(
      '--top <n>',
      'labels per image (default 3; of several labels, all above the threshold)',
    ).argParser(integer(1)),
    new Option('--out <folder>', 'write masks and overlays of labelled pixels to it'),
    shared.budget(),
    shared.precision(),
    finetuneFlag('batch', { help: 'images per pass', usual: '16, fewer for large models' }),
    ...answerFlags(),
  ],
  examples: [
    ['dyt predict runs/photos cat.jpg dog.jpg', 'two images'],
    ['dyt predict runs/photos new-photos/ --top 1 --json', 'a folder, for a script'],
    ['dyt predict runs/photos cat.jpg --precision int8', 'matrix products in 8 bits'],
    ['dyt predict runs/streets street.jpg --out labelled', 'masks of class numbers, and overlays'],
    ['dyt predict runs/photos cat.jpg --budget 0.6', 'with less compute, once calibrated'],
  ],
  async run({ args, options, terminal }: Call<Options>) {
    const [path = '', ...places] = args
    const { top, batch, budget, out } = options
    const run = withAnswerSettings(openRun(path), options)
    const thresholds = budget === undefined ? undefined : budgetThresholds(run, budget)
    const paths = imagePaths(places, sampleWord(run.settings))
    const compile = compileOptions(options)
    const results: ImagePrediction[] = []
    for await (const result of predictImages(run, paths, { top, batch, thresholds, out, compile })) {
      results.push(result)
      if (paths.length > fewImages)
        terminal.progress.update({ label: 'classifying', done: results.length, total: paths.length })
    }
    const failed = results.filter((result) => 'error' in result)
    terminal.result({ run: path, results }, () => predictionText(results, run.task, terminal.paint))
    for (const { error } of failed) process.stderr.write(`dyt: ${error}\n`)
    return failed.length > 0 ? 1 : undefined
  },
})

const widestName = 48
/** So few images are done before anyone could read a progress line. */
const fewImages = 64

function predictionText(results: readonly ImagePrediction[], { answer }: Task, paint: Paint): string {
  const names = results.map(({ image }) => shortened(printable(image)))
  const width = Math.max(...names.map(displayWidth))
  return results
    .map((result, i) => {
      if ('error' in result) return ''
      const { [i]: name = '' } = names
      const parts = answer
        .text(result)
        .map((part, place) => (place === 0 ? paint.bold(printable(part)) : paint.dim(printable(part))))
      const active =
        result.activeRate < 1 ? paint.dim(`   active ${formatPercent(result.activeRate, 0)}`) : ''
      return `${name}${' '.repeat(width - displayWidth(name))}   ${parts.join(paint.dim(', '))}${active}\n`
    })
    .join('')
}

/** A name of limited width; for a long path its end, which says more than its beginning. */
function shortened(path: string): string {
  if (displayWidth(path) <= widestName) return path
  return [...cutToWidth([...path].reverse().join(''), widestName)].reverse().join('')
}
