import { setImmediate } from 'node:timers/promises'
import { type Dataset, type Example, type ImageSource, sourceName } from '../data/example.ts'
import { sampleOf } from '../data/samples/registry.ts'
import type { Sample } from '../data/samples/sample.ts'
import { fileLook } from '../data/sources/sound-file.ts'
import { truths } from '../data/truths/registry.ts'
import { DataError } from '../errors.ts'

/** How files are checked. */
export interface CheckControl {
  /** True to go on without the files that cannot be read. */
  readonly skipBad?: boolean | undefined
  readonly onPhase?: ((phase: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** Longest time for looking at all files, in seconds; the rest is looked at when it is read. Default 60. */
  readonly seconds?: number
}

/** A file that cannot be read. */
export interface BadFile {
  readonly name: string
  readonly reason: string
}

/** Fewer files are looked at without a word. */
const manyFiles = 20_000
/** How many samples of a part are tried for one that can be read. */
const mostTried = 100

/**
 * Looks at the beginning and end of every file of a dataset, decodes those that look broken and one sample of
 * each part, and reads masks, so that broken files show before training and not after hours of it.
 * @returns the files that cannot be read, with `skipBad`
 * @throws DataError without `skipBad`, naming files that cannot be read; always if no sample of a part can be
 */
export async function checkFiles(
  dataset: Dataset,
  settings: Parameters<typeof sampleOf>[0],
  control: CheckControl = {},
): Promise<readonly BadFile[]> {
  const parts = partsOf(dataset)
  const sample = sampleOf(settings)
  const bad = await brokenFiles(parts, sample, control)
  await lookAtTruths(dataset, parts, bad, control)
  const count = new Set(parts.flatMap(({ examples }) => examples.map(({ source }) => sourceName(source))))
    .size
  if (bad.size > 0 && !control.skipBad) throw cannotBeRead([...bad.values()], count)
  for (const part of parts) await findReadable(part, bad, sample, control)
  return Array.from(bad, ([name, reason]) => ({ name, reason }))
}

interface Part {
  readonly name: string
  readonly examples: readonly Example[]
}

/** The parts whose samples are files, those first that are read last; the same examples are one part. */
function partsOf({ train, validation, test }: Dataset): Part[] {
  const parts: Part[] = [
    { name: 'test', examples: test },
    { name: 'validation', examples: validation },
    { name: 'training', examples: train },
  ]
  const files = parts.filter(({ examples }) => examples.some(({ source }) => isStored(source)))
  return files.filter(({ examples }, i) => files.findIndex((each) => each.examples === examples) === i)
}

const isStored = ({ kind }: ImageSource): boolean => kind === 'file' || kind === 'tar'

async function brokenFiles(
  parts: readonly Part[],
  sample: Sample,
  { onPhase, signal, seconds = 60 }: CheckControl,
): Promise<Map<string, string>> {
  const examples = parts.flatMap((part) => part.examples)
  if (examples.length >= manyFiles) onPhase?.(`looking at ${examples.length} files`)
  const bad = new Map<string, string>()
  const look = fileLook()
  const end = Date.now() + 1000 * seconds
  try {
    for (const [i, { source }] of examples.entries()) {
      if (i % 256 === 255) {
        await setImmediate()
        if (signal?.aborted || Date.now() > end) return bad
      }
      if (look.seemsSound(source)) continue
      const reason = await reasonOf(source, sample)
      if (reason !== undefined) bad.set(sourceName(source), reason)
    }
    return bad
  } finally {
    look.close()
  }
}

/** Longest time for reading masks before training, in seconds; the rest is checked when it is read. */
const maskSeconds = 20

/** Adds to `bad` the examples whose masks cannot be read or do not fit. */
async function lookAtTruths(
  { truth = 'class' }: Pick<Dataset, 'truth'>,
  parts: readonly Part[],
  bad: Map<string, string>,
  { signal, onPhase, seconds = maskSeconds }: CheckControl,
): Promise<void> {
  const { stored, look } = truths[truth]
  if (!stored) return
  const end = Date.now() + 1000 * Math.min(seconds, maskSeconds)
  const examples = parts.flatMap((part) => part.examples).filter(({ source }) => !bad.has(sourceName(source)))
  for (const [i, example] of examples.entries()) {
    if (signal?.aborted) return
    if (Date.now() > end)
      return onPhase?.(`looked at ${i} of ${examples.length} masks; dyt data looks at all`)
    try {
      await look(example)
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      bad.set(sourceName(example.source), error.message)
    }
  }
}

/** Why a sample cannot be read; undefined if it can. */
async function reasonOf(source: ImageSource, sample: Sample): Promise<string | undefined> {
  try {
    await sample.pictures(source, 32)
    return undefined
  } catch (error) {
    if (error instanceof DataError) return error.message
    throw error
  }
}

/**
 * Adds to `bad` what cannot be read.
 * @throws DataError if nothing can, or without `skipBad` if the first cannot
 */
async function findReadable(
  { name, examples }: Part,
  bad: Map<string, string>,
  sample: Sample,
  { skipBad, signal }: CheckControl,
): Promise<void> {
  const hopeful = examples.filter(({ source }) => isStored(source) && !bad.has(sourceName(source)))
  for (const { source } of hopeful.slice(0, mostTried)) {
    if (signal?.aborted) return
    const reason = await reasonOf(source, sample)
    if (reason === undefined) return
    bad.set(sourceName(source), reason)
    if (!skipBad) throw new DataError(reason)
  }
  const [last = ''] = [...bad.values()].slice(-1)
  throw new DataError(
    `data: none of the ${examples.length} ${name} ${sample.word}s can be read, the last: ${last}`,
  )
}

function cannotBeRead([first = '', ...others]: readonly string[], count: number): DataError {
  if (others.length === 0)
    return new DataError(
      `data: 1 of ${count} files cannot be read. ${first} Or leave it out with --skip-bad.`,
    )
  const more = others.slice(0, 3).join(' ')
  const rest = others.length > 3 ? ` And ${others.length - 3} more.` : ''
  return new DataError(
    `data: ${others.length + 1} of ${count} files cannot be read. ${first} ${more}${rest} Or leave them out with --skip-bad.`,
  )
}
