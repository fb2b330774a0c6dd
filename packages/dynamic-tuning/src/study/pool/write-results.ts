import { join } from 'node:path'
import type { RunFolder } from '../../io/run-folder.ts'
import { writeAside } from '../../io/write-aside.ts'

/** Output formats of a study, beside JSON. */
export interface ResultForms<O> {
  csv(outcome: O): string
  markdown(outcome: O): string
  report(outcome: O): string
}

/** Path of a study's report, such as `compare.html`. */
export function pagePath(folder: RunFolder, study: string): string {
  return join(folder.path, `${study}.html`)
}

/** Writes an outcome as `compare.json`, `.csv`, `.md` and `.html`. */
export function writeResults<O>(folder: RunFolder, study: string, outcome: O, forms: ResultForms<O>): void {
  const write = (ending: string, text: string): void =>
    writeAside(join(folder.path, `${study}.${ending}`), text)
  write('json', `${JSON.stringify(outcome, null, 2)}\n`)
  write('csv', forms.csv(outcome))
  write('md', forms.markdown(outcome))
  write('html', forms.report(outcome))
}
