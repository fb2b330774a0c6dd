import { type DataSurvey, surveyData } from 'dynamic-tuning/data'
import { formatPercent } from 'dynamic-tuning/report'
import { type Call, defineCommand } from '../command.ts'
import { type CommonOptions, shared } from '../options/common.ts'
import { someFinetuneFlags } from '../options/finetune-flags.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'

interface Options extends CommonOptions {
  readonly task?: string
  readonly split?: 'final' | 'search'
  readonly validationShare?: number
  readonly trainSize?: number
  readonly testSize?: number
  readonly skipBad?: boolean
  readonly out?: string
}

export const dataCommand = defineCommand<Options>({
  name: 'data',
  group: 'Start here',
  summary: 'Look at data before training: layout, classes, and files that cannot be used',
  description:
    'Every image, clip and mask is read: missing and broken files, masks of another size than their image, values of no class, and classes without examples are named with file and value. The exit code is 1 if training would fail.',
  arguments: [['<data>', 'folder, archive, KIND:PLACE or builtin:TASK, as for --data of finetune']],
  options: [
    shared.out('folder for a contact sheet (PNG) and a page'),
    ...someFinetuneFlags(['task', 'split', 'validationShare', 'trainSize', 'testSize', 'skipBad']),
  ],
  examples: [
    ['dyt data photos/', 'before dyt finetune --data photos/'],
    ['dyt data photos/ --out look', 'with a contact sheet and a page'],
    ['dyt data street/ --task segmentation --json', 'images with masks, as JSON'],
  ],
  stoppable: true,
  async run({ args, options, terminal, signal }: Call<Options>) {
    const [place = ''] = args
    const { task, split, validationShare, trainSize, testSize, skipBad, seed, out } = options
    const given = Object.entries({ task, split, validationShare, trainSize, testSize, skipBad, seed, out })
    const input = Object.fromEntries(given.filter(([, value]) => value !== undefined))
    const survey = await surveyData(place, input, { signal })
    terminal.result(survey, () => surveyText(survey, terminal.paint))
    return survey.ok ? undefined : 1
  },
})

/** Most classes and messages that are shown; --json has all. */
const most = 40

function surveyText(survey: DataSurvey, paint: Paint): string {
  const { name, layout, classes, parts, smallest, largest, errors, warnings, notes } = survey
  const size = (of: typeof smallest): string => (of ? `${of.width} x ${of.height}` : '')
  const sizes = size(smallest) === size(largest) ? size(smallest) : `${size(smallest)} to ${size(largest)}`
  const known = [layout, `${classes.length} classes`, ...(sizes ? [`images of ${sizes} pixels`] : [])]
  return [
    `${paint.bold(name)}: ${known.join(', ')}\n`,
    partsTable(parts, paint),
    classesTable(survey, paint),
    ...list('Notes', notes, paint),
    ...list('Warnings', warnings, paint),
    ...list('Errors', errors, paint),
    ...(survey.page ? [`Pictures: ${survey.sheet} and ${survey.page}\n`] : []),
    survey.ok ? 'Nothing stands in the way of training.\n' : 'Training would fail: see the errors above.\n',
  ].join('\n')
}

function partsTable(parts: DataSurvey['parts'], paint: Paint): string {
  const masks = parts.some(({ pixels }) => pixels !== undefined)
  const rows = parts.map(({ name, examples, usable, pixels = [], ignored = 0 }) => {
    const all = ignored + pixels.reduce((sum, count) => sum + count, 0)
    return [name, examples, usable, ...(masks ? [all === 0 ? undefined : formatPercent(ignored / all)] : [])]
  })
  return renderTable(['part', 'examples', 'usable', ...(masks ? ['ignored pixels'] : [])], rows, { paint })
}

function classesTable({ classes, parts }: DataSurvey, paint: Paint): string {
  const rows = classes.slice(0, most).map((name, label) => {
    const cells = parts.flatMap(({ classes: counts, pixels }) => {
      const all = pixels?.reduce((sum, count) => sum + count, 0) ?? 0
      const count = pixels?.[label] ?? 0
      return [
        counts[label] || undefined,
        ...(pixels ? [count === 0 ? undefined : formatPercent(count / all)] : []),
      ]
    })
    return [name, ...cells]
  })
  const heads = parts.flatMap(({ name, pixels }) => [name, ...(pixels ? [`${name} pixels`] : [])])
  const more = classes.length > most ? `and ${classes.length - most} more classes (--json has all)\n` : ''
  return `${renderTable(['class', ...heads], rows, { paint })}${more}`
}

function list(heading: string, all: readonly string[], paint: Paint): string[] {
  if (all.length === 0) return []
  const more = all.length > most ? [`and ${all.length - most} more (--json has all)`] : []
  return [`${paint.bold(heading)}\n${[...all.slice(0, most), ...more].map((each) => `${each}\n`).join('')}`]
}
