// Time and memory of COCO's figures on generated data. Prints one JSON document.
//   node benchmarks/coco-metrics.mjs [--images 5000] [--detections 100] [--classes 80] [--masks]
// Objects lie at random, detections are moved objects and inventions; with --masks all are polygons of 16
// corners, filled first and given as run lengths.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { random } from '@dynamic-tuning/engine'
import { peakMemoryMB } from 'dynamic-tuning/bench'
import { fillPolygons } from 'dynamic-tuning/data'
import { boxOverlaps, CocoTally, cocoFigures, maskOverlaps } from 'dynamic-tuning/tasks'

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '5000' },
    detections: { type: 'string', default: '100' },
    classes: { type: 'string', default: '80' },
    masks: { type: 'boolean', default: false },
  },
})
const [images, count, classes] = ['images', 'detections', 'classes'].map((name) => Number(values[name]))
const [height, width] = [480, 640]

/** A box as it is, or the pixels of an ellipse in it. */
function shapeOf([x, y, across, down]) {
  if (!values.masks) return [x, y, across, down]
  const corners = Array.from({ length: 16 }, (_, i) => [
    x + (across / 2) * (1 + Math.cos((i * Math.PI) / 8)),
    y + (down / 2) * (1 + Math.sin((i * Math.PI) / 8)),
  ])
  return fillPolygons([corners.flat()], height, width)
}

/** Objects and detections of an image. */
function imageOf(id) {
  const stream = random(0, 'coco-metrics', id)
  const box = () => {
    const [across, down] = [0, 0].map(() => 8 + 300 * stream.uniform() ** 3)
    return [(width - across) * stream.uniform(), (height - down) * stream.uniform(), across, down]
  }
  const objects = Array.from({ length: 7 }, () => ({ label: stream.integer(classes), box: box() }))
  const truths = objects.map(({ label, box: [x, y, across, down] }) => ({
    ...{ label, shape: shapeOf([x, y, across, down]), area: across * down, crowd: stream.uniform() < 0.01 },
  }))
  const detections = Array.from({ length: count }, (_, i) => {
    const object = i < 20 ? objects[i % objects.length] : undefined
    const near = object?.box.map((value) => value + 3 * stream.normal())
    return {
      label: object?.label ?? stream.integer(classes),
      shape: shapeOf(near ? [near[0], near[1], Math.max(1, near[2]), Math.max(1, near[3])] : box()),
      score: stream.uniform() * (object ? 1 : 0.7),
    }
  })
  return { id, truths, detections }
}

const started = performance.now()
const tally = new CocoTally(classes, values.masks ? maskOverlaps : boxOverlaps)
let making = 0
for (let id = 0; id < images; id++) {
  const from = performance.now()
  const image = imageOf(id)
  making += performance.now() - from
  tally.add(image)
}
const { figures } = tally.result()
const seconds = (performance.now() - started) / 1000
console.log(
  JSON.stringify({
    ...{ images, detections: count, classes, shapes: values.masks ? 'masks' : 'boxes' },
    seconds: Number(seconds.toFixed(2)),
    secondsWithoutMakingData: Number((seconds - making / 1000).toFixed(2)),
    peakMemoryMB: Math.round(peakMemoryMB()),
    figures: Object.fromEntries(cocoFigures.map((name, i) => [name, figures[i]])),
    environment: { cpu: cpus()[0]?.model, node: process.version },
  }),
)
