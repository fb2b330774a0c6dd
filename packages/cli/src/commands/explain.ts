import { InvalidArgumentError, Option } from 'commander'
import { type Explanation, explainRun, openRun, type Task } from 'dynamic-tuning'
import { formatPercent, sampleWord } from 'dynamic-tuning/report'
import { withAnswerSettings } from 'dynamic-tuning/settings'
import { captionOf } from 'dynamic-tuning/tasks'
import { type Call, defineCommand } from '../command.ts'
import { imagePaths } from '../image-paths.ts'
import { answerFlags } from '../options/answer-flags.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { integer } from '../options/numbers.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'
import { displayWidth, printable } from '../terminal/width.ts'
import { wrapped } from '../terminal/wrap.ts'

interface Options extends CommonOptions {
  readonly layers?: readonly number[]
  readonly pictures?: number
  readonly out?: string
}

export const explainCommand = defineCommand<Options>({
  name: 'explain',
  group: 'Use a trained model',
  summary: 'Pictures of the tokens that a run uses in its layers',
  description:
    'One PNG per image: the image, its active tokens in several layers, and in how many layers each token was active. Of a video, its frames side by side, and an animation (WebP). Layers count from 0, like blocks.0 in the weights.',
  arguments: [
    ['<run>', 'folder of a finetune run with --method dyt'],
    ['[images...]', "image files, folders or patterns (default some of the run's test images)"],
  ],
  options: [
    new Option('--layers <list>', 'layers to show, such as 1,4,5 (default four of them)').argParser(
      layerList,
    ),
    new Option('--pictures <n>', 'how many test images get a picture (default 6)').argParser(integer(1)),
    shared.out('folder of the pictures (default explain in the run folder)'),
    ...answerFlags(),
  ],
  examples: [
    ['dyt explain runs/photos', 'some of its test images'],
    ['dyt explain runs/photos cat.jpg --layers 0,5', 'one photo, two layers'],
  ],
  async run({ args, options, terminal }: Call<Options>) {
    const [path = '', ...places] = args
    const { layers, pictures, out, threads, device } = options
    const compile = { ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) }
    const run = withAnswerSettings(openRun(path), options)
    const images = imagePaths(places, sampleWord(run.settings))
    const explanation = await explainRun(run, { images, layers, pictures, out, compile })
    terminal.result(explanation, () => explanationText(explanation, run.task, terminal.paint))
    for (const { error } of explanation.errors) process.stderr.write(`dyt: ${error}\n`)
    return explanation.errors.length > 0 ? 1 : undefined
  },
})

function layerList(text: string): number[] {
  const layers = text.split(',').map((part) => part.trim())
  if (layers.every((part) => /^\d+$/.test(part))) return layers.map(Number)
  throw new InvalidArgumentError('Give layers from 0, such as 1,4,5.')
}

const barLength = 24

function explanationText(explanation: Explanation, { picture }: Task, paint: Paint): string {
  const { activeRatePerLayer, activeRate, images, pictures } = explanation
  const bar = (rate: number): string => {
    const full = Math.round(rate * barLength)
    return '━'.repeat(full) + '─'.repeat(barLength - full)
  }
  const layers = activeRatePerLayer.map((rate, layer) => [String(layer), formatPercent(rate), bar(rate)])
  return [
    `Active tokens, layer by layer: ${formatPercent(activeRate)} on average over ${images} image${images === 1 ? '' : 's'}\n`,
    renderTable(
      ['layer', 'active', 'share'],
      [...layers, ['all', formatPercent(activeRate), bar(activeRate)]],
      {
        paint,
      },
    ),
    picturesText(pictures, picture, paint),
  ].join('\n')
}

/** Wider than this, a table of pictures is hard to read. */
const widestTable = 100

/** A table of the pictures, or, where answers are long, a paragraph for each. */
function picturesText(pictures: Explanation['pictures'], { words }: Task['picture'], paint: Paint): string {
  const shown = pictures.map((each) => ({ file: each.file, words: words(each) }))
  const truths = shown.some((each) => each.words.verdict !== undefined) ? ['truth'] : []
  const rows = shown.map(({ file, words: { said, verdict } }) => [file, said, verdict])
  const table = (style?: Paint) =>
    renderTable(['picture', 'predicted', ...truths], rows, {
      maxCell: widestTable,
      ...(style && { paint: style }),
    })
  const [, rule = ''] = table().split('\n')
  if (displayWidth(rule) <= widestTable) return table(paint)
  const paragraph = (text: string): string => wrapped(text, '', 76).replace(/^/gm, '  ')
  return shown
    .map((each) => `${paint.bold(printable(each.file))}\n${paragraph(printable(captionOf(each.words)))}\n`)
    .join('')
}
