import { resolve } from 'node:path'
import { type Dataset, sourceName } from '../data/example.ts'
import type { LoaderSettings } from '../data/loader/loader.ts'
import { convertAdvice } from '../data/sources/image-signature.ts'
import type { RunFolder } from '../io/run-folder.ts'
import type { BadFile } from './check-files.ts'

type OnBad = NonNullable<LoaderSettings['onBad']>

/** Counts the files that a run leaves out. */
export interface LeftOut {
  /** Counts files that were found broken before training. */
  note(files: readonly BadFile[]): void
  /** For the loader of training: its batch belongs to the step that comes next. */
  readonly training: OnBad
  /** For the loaders of validation and test. */
  readonly heldOut: OnBad
  /** Call it after every step, with its number. */
  stepped(step: number): void
  /** Number of files, those included that are listed but missing. */
  count(): number
}

/**
 * Counts the files that a run leaves out, each once, and keeps them as lines "kind": "leftOut" of its
 * metrics, so that a resumed run goes on counting.
 */
export function leftOut(
  run: RunFolder,
  dataset: Pick<Dataset, 'missing' | 'unread' | 'notes'>,
  onPhase: ((phase: string) => void) | undefined,
): LeftOut {
  announce(dataset, onPhase)
  const { missing = [] } = dataset
  let known: Set<string> | undefined
  let last = 0
  // Not before it is needed: resuming removes lines first.
  const names = (): Set<string> => {
    if (known) return known
    known = new Set(missing)
    for (const line of run.readMetrics()) {
      if ('kind' in line && line.kind === 'leftOut' && 'file' in line) known.add(String(line.file))
      if ('step' in line && typeof line.step === 'number') last = Math.max(last, line.step)
    }
    return known
  }
  const add = ({ name, reason }: BadFile, later: number): void => {
    // A run may start with a relative path; it goes on with the whole one.
    const file = resolve(name)
    if (names().has(file)) return
    names().add(file)
    run.appendMetric({ kind: 'leftOut', step: last + later, file, reason })
    onPhase?.(`left out: ${reason}`)
  }
  return {
    note: (files) => {
      for (const file of files) add(file, 0)
    },
    training: ({ reason }, { source }) => add({ name: sourceName(source), reason }, 1),
    heldOut: ({ reason }, { source }) => add({ name: sourceName(source), reason }, 0),
    stepped: (step) => {
      last = step
    },
    count: () => names().size,
  }
}

/** Says what people should know about the data, and what is missing. */
function announce(
  { missing = [], unread = [], notes = [] }: Pick<Dataset, 'missing' | 'unread' | 'notes'>,
  onPhase: ((phase: string) => void) | undefined,
): void {
  for (const note of notes) onPhase?.(`data: ${note}`)
  if (missing.length > 0)
    onPhase?.(`left out: ${missing.length} files that are not there, or that have no mask`)
  if (unread.length > 0) onPhase?.(unreadText(unread))
}

/** The note about pictures in formats that cannot be read. */
function unreadText([first = '', ...others]: readonly string[]): string {
  const more = others.length > 0 ? ` and ${others.length} more are` : ' is'
  return `not among the images: ${first}${more} in a format that cannot be read. ${convertAdvice}`
}
