import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { overlapThresholds, recallPoints } from '../tasks/detection/metrics/protocol.ts'
import { allReferences, extra, reference } from './reference.test.support.ts'
import { verifyFixture } from './verify.ts'

const temp = mkdtempSync(join(tmpdir(), 'coco-'))
afterAll(() => rmSync(temp, { recursive: true }))

describe('detection/metrics', () => {
  it.each([reference, ...extra(allReferences)])('passes, each of its 143 entries: %s', async (root) => {
    const { pass, tensors } = await verifyFixture(`${root}detection/metrics`)
    expect(tensors.filter((each) => !each.pass)).toEqual([])
    expect(pass).toBe(true)
    expect(tensors).toHaveLength(143)
    for (const { maxAbs } of tensors) expect(maxAbs).toBeLessThan(1e-14)
  })

  it('has the grids of the protocol, to the last bit', () => {
    const config = JSON.parse(readFileSync(`${reference}detection/metrics/config.json`, 'utf8'))
    expect(overlapThresholds).toEqual(config.iou_thresholds)
    expect(recallPoints).toEqual(config.recall_points)
  })

  it('notices one number, one pixel, one length and one detection', async () => {
    cpSync(`${reference}detection/metrics`, temp, { recursive: true })
    const change = (file: string, edit: (text: string) => string): void => {
      const path = join(temp, file)
      const text = readFileSync(path, 'utf8')
      expect(edit(text)).not.toBe(text)
      writeFileSync(path, edit(text))
    }
    change('expected.json', (text) => text.replace('0.3051724273412563', '0.3051724293412563'))
    change('masks.json', (text) =>
      text
        .replace('"0011111000","0011111000"', '"0011111000","0011110000"')
        .replace('"counts":[12]', '"counts":[11,1]'),
    )
    const { tensors } = await verifyFixture(temp)
    expect(tensors.filter(({ pass }) => !pass).map(({ name }) => name)).toEqual([
      'bbox.values',
      ...['rows (from numbers)', 'counts', 'counts (from text)'].map((name) => `run_lengths.0.${name}`),
      'polygons.0.rows',
    ])
  })
})
