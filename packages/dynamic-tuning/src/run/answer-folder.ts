import { mkdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { sampleOf } from '../data/samples/registry.ts'
import { ConfigError, RunError } from '../errors.ts'
import type { Answer } from '../evaluation/answer.ts'
import { writeAside } from '../io/write-aside.ts'
import { messageOf } from '../message-of.ts'
import { present } from '../present.ts'
import type { TunedModel } from './tuned-run.ts'

/** Writes the files that show the answer for an image file, and returns their paths. */
export type WriteAnswer = (image: string, answer: Answer) => Promise<readonly string[]>

/**
 * A folder for files that show answers, such as `masks/cat.png` for `photos/cat.jpg`. Images with the same
 * name get numbers: `cat-2.png`.
 * @throws ConfigError for a task whose answers are words alone; RunError if it cannot be written
 */
export function answerFolder(out: string, model: TunedModel): WriteAnswer {
  const { task, settings } = model
  const { answer: answers } = task
  const { files } = answers
  if (files === undefined)
    throw new ConfigError(
      `predict: ${task.name} gives words and no pictures, so nothing is written to ${out}. Leave it out.`,
    )
  const taken = new Set<string>()
  makeFolder(out)
  return async (image, answer) => {
    const name = freeName(basename(image, extname(image)), taken)
    const source = { kind: 'file', path: image } as const
    const [shown] = await sampleOf(settings).pictures(source, Number.POSITIVE_INFINITY)
    const { picture } = present(shown, 'the picture of an image')
    const written = await files.call(answers, answer, picture, model)
    return written.map(({ folder, ending, bytes }) => {
      const path = join(out, folder, name + ending)
      makeFolder(join(out, folder))
      writeAside(path, bytes)
      return path
    })
  }
}

/** The name, with a number if it is taken, which is then taken too. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`
  taken.add(free)
  return free
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new RunError(`predict: cannot make ${path}, got ${messageOf(error)}. Choose another place.`)
  }
}
