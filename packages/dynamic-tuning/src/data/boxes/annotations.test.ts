import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { checkBox } from './check-box.ts'
import { parseCocoFile } from './coco-file.ts'
import { areaOfRuns } from './run-lengths.ts'
import { maskOfSegmentation } from './segmentation.ts'
import { parseYoloLabels } from './yolo-labels.ts'

const triangle = [[10, 10, 20, 10, 10, 20]]
const coco = {
  images: [
    { id: 7, file_name: 'a.jpg', height: 40, width: 60 },
    { id: 3, file_name: 'b.jpg', height: 50, width: 50 },
  ],
  categories: [
    { id: 90, name: 'toothbrush' },
    { id: 2, name: 'bicycle' },
  ],
  annotations: [
    { id: 1, image_id: 7, category_id: 90, bbox: [10, 10, 10, 10], area: 50, segmentation: triangle },
    { id: 2, image_id: 7, category_id: 2, bbox: [50, 30, 10, 10], iscrowd: 1, segmentation: [] },
  ],
}
const withBoxes = (...boxes: number[][]) => ({
  ...coco,
  annotations: boxes.map((bbox, i) => ({ id: i + 1, image_id: 7, category_id: 2, bbox })),
})

describe('files of COCO annotations', () => {
  it('number categories by rising id and keep pictures without objects', () => {
    const { classes, categoryIds, images, problems } = parseCocoFile(coco, 'x.json')
    expect([classes, categoryIds]).toEqual([
      ['bicycle', 'toothbrush'],
      [2, 90],
    ])
    expect(images).toEqual([
      {
        ...{ id: 7, file: 'a.jpg', height: 40, width: 60 },
        instances: [
          { class: 1, box: [10, 10, 10, 10], area: 50, crowd: false, outline: triangle },
          { class: 0, box: [50, 30, 10, 10], area: 100, crowd: true },
        ],
      },
      { id: 3, file: 'b.jpg', height: 50, width: 50, instances: [] },
    ])
    expect(problems).toEqual([])
  })

  it('name each annotation that cannot be used or was cut', () => {
    const { images, problems } = parseCocoFile(
      {
        ...withBoxes([5, 5, 0, 4], [70, 5, 9, 9], [50, 30, 20, 5], [-0.5, 0, 10, 10]),
        annotations: [
          ...withBoxes([5, 5, 0, 4], [70, 5, 9, 9], [50, 30, 20, 5], [-0.5, 0, 10, 10]).annotations,
          { image_id: 8, category_id: 2, bbox: [1, 1, 2, 2] },
          { id: 9, image_id: 3, category_id: 5, bbox: [1, 1, 2, 2] },
        ],
      },
      'x.json',
    )
    expect(problems).toEqual([
      'annotation 1: box of no area, [5, 5, 0, 4]',
      'annotation 2: box outside the picture of 60 x 40, [70, 5, 9, 9]',
      'annotation 3: box beyond the picture of 60 x 40, cut, [50, 30, 20, 5]',
      'annotation at 4: of picture 8, which is not listed',
      'annotation 9: of category 5, which is not listed',
    ])
    expect(images[0]?.instances.map(({ box }) => box)).toEqual([
      [50, 30, 10, 5],
      [0, 0, 9.5, 10],
    ])
  })

  it('are refused where boxes are corners, ids come twice or names are missing', () => {
    const parse = (json: unknown) => () => parseCocoFile(json, 'x.json')
    expect(parse(withBoxes([30, 20, 50, 39], [40, 10, 59, 35], [1, 1, 9, 9]))).toThrow(
      /boxes of x.json are left, top, right, bottom, got \[30,20,50,39\] first/,
    )
    expect(parse(withBoxes([30, 20, 50, 39], [1, 1, 9, 9]))).not.toThrow()
    expect(parse(withBoxes([50, 30, 20, 5], [50, 30, 20, 6]))).not.toThrow()
    expect(parse({ ...coco, images: [...coco.images, coco.images[0]] })).toThrow(/pictures .* got 7 twice/)
    expect(parse({ ...coco, categories: [...coco.categories, { id: 2, name: 'x' }] })).toThrow(
      /categories .* got 2 twice/,
    )
    expect(parse({ ...coco, categories: [{ id: 1 }] })).toThrow(DataError)
    expect(parse([])).toThrow(/x.json is no file of COCO annotations/)
  })

  it('hold outlines that become masks', () => {
    const [first] = parseCocoFile(coco, 'x.json').images
    const outline = first?.instances[0]?.outline ?? []
    const area = areaOfRuns(maskOfSegmentation(outline, 40, 60))
    expect(area).toBeGreaterThan(40)
    expect(area).toBeLessThan(60)
  })
})

describe('a box', () => {
  it('with a side that is no number is none', () => {
    expect(checkBox([1, Number.NaN, 2, 3], { height: 9, width: 9 })).toEqual({
      problem: 'box with a side that is no number, [1, NaN, 2, 3]',
    })
  })
})

describe('YOLO labels', () => {
  const size = { height: 40, width: 60, classes: 3 }

  it('are boxes by their centre or outlines, as shares of the picture', () => {
    expect(parseYoloLabels('0 0.5 0.5 0.2 0.5\n\n2 0.5 0.5 1 0.5 0.5 1\r\n', size)).toEqual({
      instances: [
        { class: 0, box: [24, 10, 12, 20], area: 240, crowd: false },
        { class: 2, box: [30, 20, 30, 20], area: 300, crowd: false, outline: [[30, 20, 60, 20, 30, 40]] },
      ],
      problems: [],
    })
    expect(parseYoloLabels('', size)).toEqual({ instances: [], problems: [] })
  })

  it('name each line that cannot be used', () => {
    const lines = [
      '3 0.5 0.5 0.1 0.1',
      '0 0.5 0.5 0.1',
      '1 30 20 6 4',
      'x 0.5 0.5 0.1 0.1',
      '1 0.5 0.5 0 0.1',
    ]
    expect(parseYoloLabels(lines.join('\n'), size)).toEqual({
      instances: [],
      problems: [
        'line 1: class 3 is none of 0 to 2',
        'line 2: 3 numbers behind the class, not 4 of a box or 6 and more of corners',
        'line 3: numbers are pixels, not shares of the picture, 30 20 6 4',
        'line 4: class x is none of 0 to 2',
        'line 5: box of no area, [30, 18, 0, 4]',
      ],
    })
    const { problems } = parseYoloLabels('1 0.5 abc 0.1 0.1', size)
    expect(problems).toEqual(['line 1: box with a side that is no number, [27, NaN, 6, 4]'])
  })
})
