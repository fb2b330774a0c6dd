import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findDataset, openDataset } from '../../data/dataset.ts'
import { drawExamples } from '../../data/draw-examples.ts'
import type { Dataset, Example } from '../../data/example.ts'
import { parseLocation } from '../../data/location.ts'
import type { OpenOptions } from '../../data/options.ts'
import { sampleOf } from '../../data/samples/registry.ts'
import type { Sample } from '../../data/samples/sample.ts'
import type { Size } from '../../data/sources/decode.ts'
import { imageSize } from '../../data/sources/image-size.ts'
import type { Seen, Truth } from '../../data/truth.ts'
import { truths } from '../../data/truths/registry.ts'
import { DataError } from '../../errors.ts'
import { writeAside } from '../../io/write-aside.ts'
import { taskNamed } from '../../tasks/registry.ts'
import { framesFor } from '../settings/clip-settings.ts'
import { Counter } from './counts.ts'
import { surveyPage } from './page.ts'
import { coloursOf, contactSheet, examplePng, type ShownExample, showExample } from './sheet.ts'
import type { DataSurvey } from './survey.ts'

/** Which data are looked at, and how. */
export interface SurveyInput extends Partial<OpenOptions> {
  /** Task that the data must suit. Default: none in particular. */
  readonly task?: string | undefined
  /** Folder for `contact-sheet.png` and `data.html`; nothing is written without it. */
  readonly out?: string | undefined
}

/** Progress and end of a survey. */
export interface SurveyControl {
  readonly signal?: AbortSignal | undefined
  readonly onExample?: (done: number, of: number) => void
}

/** Examples that are read at once. */
const atOnce = 4

/**
 * Opens data as training does, decodes every image or clip, reads its truth, and counts classes.
 * @throws DataError if the data cannot be opened, ConfigError for an unknown task
 */
export async function surveyData(
  data: string,
  { task: taskName, skipBad = false, out, ...input }: SurveyInput = {},
  control: SurveyControl = {},
): Promise<DataSurvey> {
  const options = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const found = await openDataset(data, { ...options, skipBad: true })
  const task = taskName === undefined ? undefined : taskNamed(taskName)
  const dataset = task ? task.truth.of(found) : found
  task?.check?.(dataset, data)
  const truth = truths[dataset.truth ?? 'class']
  const reading = { truth, sample: sampleOf({ frames: framesFor(data, dataset, {}) }) }
  const unusable = (dataset.missing ?? []).map((file) => `${file} is missing, or has no mask.`)
  const counters = await countParts(dataset, reading, { ...control, unusable })
  const errors = [...(skipBad ? [] : unusable), ...emptyParts(counters)]
  const survey: DataSurvey = {
    ...{ data, name: dataset.name, layout: layoutOf(data), truth: truth.name, classes: dataset.classes },
    parts: counters.map((counter) => counter.counts()),
    ...sizesOf(counters),
    errors,
    warnings: [...(skipBad ? unusable : []), ...warningsOf(dataset, counters)],
    notes: dataset.notes ?? [],
    ok: errors.length === 0,
  }
  return out === undefined ? survey : { ...survey, ...(await writePictures(out, survey, dataset, reading)) }
}

/** Examples on the contact sheet. */
const mostShown = 24

/** Writes the contact sheet and the page. @throws DataError if they cannot be written */
async function writePictures(
  folder: string,
  survey: DataSurvey,
  dataset: Dataset,
  reading: Reading,
): Promise<Required<Pick<DataSurvey, 'sheet' | 'page'>>> {
  const drawn = drawExamples(dataset.train, mostShown, 0, 'sheet')
  const shown: ShownExample[] = []
  for (const example of drawn) {
    const found = await showExample(example, dataset, reading)
    if (found) shown.push(found)
  }
  const colours = coloursOf(dataset)
  const pictures = []
  for (const each of shown) pictures.push({ png: await examplePng(each), caption: each.caption })
  const [sheet, page] = [join(folder, 'contact-sheet.png'), join(folder, 'data.html')]
  mkdirSync(folder, { recursive: true })
  writeAside(sheet, await contactSheet(shown, { classes: dataset.classes, colours }), DataError)
  writeAside(page, surveyPage(survey, pictures, reading.truth.stored ? colours : undefined), DataError)
  return { sheet, page }
}

interface Reading {
  readonly truth: Truth<unknown>
  readonly sample: Sample
}

interface Counting extends SurveyControl {
  /** Collects why examples cannot be used. */
  readonly unusable: string[]
}

async function countParts(
  dataset: Dataset,
  reading: Reading,
  { unusable, signal, onExample }: Counting,
): Promise<Counter[]> {
  const counters: Counter[] = []
  const parts = partsOf(dataset)
  const of = parts.reduce((sum, { examples }) => sum + examples.length, 0)
  let done = 0
  for (const { name, examples } of parts) {
    const counter = new Counter(name, examples.length, dataset.classes.length)
    counters.push(counter)
    for (let at = 0; at < examples.length && !signal?.aborted; at += atOnce) {
      const looked = await Promise.all(examples.slice(at, at + atOnce).map((each) => lookAt(each, reading)))
      for (const each of looked)
        if (typeof each === 'string') unusable.push(each)
        else counter.add(each.seen, each.size)
      done += looked.length
      onExample?.(done, of)
    }
  }
  return counters
}

interface Looked {
  readonly seen: Seen
  readonly size: Size | undefined
}

/** What an example says, or why it cannot be used. */
async function lookAt(example: Example, { truth, sample }: Reading): Promise<Looked | string> {
  const { source } = example
  try {
    await sample.pictures(source, 32)
    const size = sample.moving ? undefined : await imageSize(source)
    return { seen: await truth.look(example), size }
  } catch (error) {
    if (error instanceof DataError) return error.message
    throw error
  }
}

/** The parts that differ; examples that are validation and test are one. */
function partsOf({ train, validation, test }: Dataset) {
  const parts = [{ name: 'train', examples: train }]
  if (validation !== test) parts.push({ name: 'validation', examples: validation })
  return [...parts, { name: 'test', examples: test }]
}

function layoutOf(data: string): string {
  const location = parseLocation(data)
  return location.kind === 'builtin' ? 'drawn' : findDataset(location).kind.title
}

function emptyParts(counters: readonly Counter[]): string[] {
  return counters.flatMap((counter) => {
    const { name, usable, pixels } = counter.counts()
    if (usable === 0) return [`data: nothing in ${name} can be used.`]
    const blank = pixels?.every((count) => count === 0)
    return blank ? [`data: in all ${usable} masks of ${name} every pixel is ignored.`] : []
  })
}

function sizesOf(counters: readonly Counter[]): Pick<DataSurvey, 'smallest' | 'largest'> {
  const area = ({ width, height }: Size): number => width * height
  const by = (sizes: readonly (Size | undefined)[]): Size[] =>
    sizes.filter((size) => size !== undefined).sort((a, b) => area(a) - area(b))
  const [smallest] = by(counters.map((counter) => counter.smallest))
  const largest = by(counters.map((counter) => counter.largest)).at(-1)
  return { ...(smallest && { smallest }), ...(largest && { largest }) }
}

function warningsOf({ classes, unread = [], unused = [] }: Dataset, counters: readonly Counter[]): string[] {
  const [train] = counters.map((counter) => counter.counts().classes)
  const without = classes.filter((_, label) => train?.[label] === 0)
  const named = `${without.slice(0, 5).join(', ')}${without.length > 5 ? ` and ${without.length - 5} more` : ''}`
  const blank = counters.reduce((sum, counter) => sum + counter.blank, 0)
  return [
    ...(without.length > 0 ? [`not in any training example: ${named}`] : []),
    ...(blank > 0 ? [`masks in which every pixel is ignored: ${blank}`] : []),
    ...unread.map((file) => `${file} is in a format that cannot be read.`),
    ...unused.map((file) => `${file} is the mask of no image.`),
  ]
}
