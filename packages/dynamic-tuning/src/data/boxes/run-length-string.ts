import { DataError } from '../../errors.ts'
import { type RunLengths, runLengths } from './run-lengths.ts'

/** Codes of the characters begin here, '0'. */
const firstCode = 48

/**
 * Run lengths as COCO's text: from the fourth on, the difference to the length two before; each as groups of
 * five bits, lowest first, plus 32 while more follow, plus 48 as a character. The highest bit of the last
 * group is the sign.
 */
export function runLengthString({ counts }: Pick<RunLengths, 'counts'>): string {
  const codes: number[] = []
  for (const [i, count] of counts.entries()) {
    let rest = i > 2 ? count - (counts[i - 2] ?? 0) : count
    for (let more = true; more; ) {
      const group = ((rest % 32) + 32) % 32
      rest = Math.floor(rest / 32)
      more = rest !== (group & 16 ? -1 : 0)
      codes.push(group + (more ? 32 : 0) + firstCode)
    }
  }
  let text = ''
  for (let i = 0; i < codes.length; i += 4096) text += String.fromCharCode(...codes.slice(i, i + 4096))
  return text
}

/** Reads COCO's text of run lengths. @throws DataError for other characters, or lengths that do not fit */
export function parseRunLengthString(text: string, height: number, width: number): RunLengths {
  const counts: number[] = []
  let [value, weight] = [0, 1]
  for (let i = 0; i < text.length; i++) {
    const group = text.charCodeAt(i) - firstCode
    if (group < 0 || group > 63)
      throw new DataError(
        `run lengths: character ${i} of a text is ${JSON.stringify(text[i])}, not one of '0' to 'o'. The text is damaged: write the mask again.`,
      )
    const more = group > 31
    value += (group % 32) * weight
    weight *= 32
    if (more) continue
    if (group & 16) value -= weight
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] ?? 0) : value)
    ;[value, weight] = [0, 1]
  }
  if (weight !== 1)
    throw new DataError(
      'run lengths: a text ends inside of a number. The text is damaged: write the mask again.',
    )
  return runLengths(counts, height, width)
}
