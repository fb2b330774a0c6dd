import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inTempFolder, png, writeFiles } from '../data/testing/files.ts'
import { valueIn } from '../evaluation/measure.ts'
import { openRunFolder } from '../io/run-folder.ts'
import { meanPerClassAccuracy } from '../tasks/classification/measures.ts'
import { calibrateRun } from './calibrate/calibrate-run.ts'
import { evaluateRun } from './evaluate-run.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun, withReduction } from './tuned-run.ts'

const pixel = await png([200, 100, 50])
const compile = { threads: 1 }

/** Pets in small: all pictures look alike, three test images are of one breed and one of the other. */
const pets = {
  'annotations/trainval.txt': 'cat_1 1 1 1\ndog_1 2 2 1\ncat_2 1 1 1\ndog_2 2 2 1\n',
  'annotations/test.txt': 'cat_3 1 1 1\ncat_4 1 1 1\ncat_5 1 1 1\ndog_3 2 2 1\n',
  ...Object.fromEntries(
    ['cat_1', 'cat_2', 'cat_3', 'cat_4', 'cat_5', 'dog_1', 'dog_2', 'dog_3'].map((name) => [
      `images/${name}.jpg`,
      pixel,
    ]),
  ),
}

it('judges a run by the figure that papers report on its dataset', async () => {
  await inTempFolder(async (folder) => {
    const data = join(folder, 'oxford-iiit-pet')
    writeFiles(data, pets)
    const given = { data, batch: 2, trainSize: undefined, testSize: undefined }
    const { summary } = await tinyRun(folder, 'dyt', given)
    expect(summary).toMatchObject({ metric: 'meanPerClassAccuracy', meanPerClassAccuracy: 0.5 })
    // All pictures get the same label: right for three of four, or for one.
    expect([0.25, 0.75]).toContain(Reflect.get(summary, 'accuracy'))
    const run = openRun(join(folder, 'dyt'))
    expect(run.task.measures.map(({ name }) => name)).toEqual(['meanPerClassAccuracy', 'accuracy'])
    expect(withReduction(run, { reduction: 'tome', tomeR: 1 }).task.measures[0]).toBe(meanPerClassAccuracy)
    const [epoch] = openRunFolder(run.path, { write: false })
      .readMetrics()
      .filter((line) => Reflect.get(line, 'kind') === 'epoch')
    expect(epoch).toMatchObject({ validationMeanPerClassAccuracy: 0.5 })
    expect(readFileSync(run.folder.reportPath, 'utf8')).toContain('Mean per class')
    const found = await evaluateRun(run, { compile: { ...compile, precision: 'int8' }, workers: 0 })
    expect(found.fp32).toMatchObject({ meanPerClassAccuracy: 0.5, meanPerClassAccuracyDifference: 0 })
    const { trained, points, targets } = await calibrateRun(run, { compile, workers: 0, drop: 1 })
    expect(targets[0]?.kind).toBe('meanPerClassAccuracyDrop')
    for (const point of [trained, ...points]) expect(valueIn(point, meanPerClassAccuracy)).toBe(0.5)
  })
})
