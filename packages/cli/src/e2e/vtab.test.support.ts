import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawImage } from 'dynamic-tuning/data'
import { encodePng } from 'dynamic-tuning/report'

/** Twelve drawn images of two classes: six for training, two for validation, four for the test. */
export async function writeTask(root: string, name: string, seed: number): Promise<void> {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  const lines: string[] = []
  for (let i = 0; i < 12; i++) {
    // Classes of the drawn task take turns.
    const pixels = drawImage('orientation', seed, i, 16)
    writeFileSync(join(folder, `${i}.png`), await encodePng(pixels))
    lines.push(`${i}.png ${i % 2}\n`)
  }
  const list = (file: string, from: number, to: number): void =>
    writeFileSync(join(folder, `${file}.txt`), lines.slice(from, to).join(''))
  list('train800', 0, 6)
  list('val200', 6, 8)
  list('train800val200', 0, 8)
  list('test', 8, 12)
}
