import type { Random } from '@dynamic-tuning/engine'
import { develop } from '../develop.ts'
import { anyLight, type Light } from '../light.ts'
import type { Placement } from '../shapes.ts'
import type { MapTask } from '../task.ts'
import { sceneClasses, sceneLabels } from './labels.ts'
import { drawHeaven, drawHills, drawLand, type Land } from './land.ts'
import { ignoreEdges, type Scene } from './scene.ts'
import { anyThing, type Thing } from './things.ts'

/**
 * Landscapes with the class of every pixel: sky, hills, grass, water, trees, houses, flowers and, rarely, the
 * sun. Grass, hills and leaves share their colours, and so do water and sky. Edges are ignored.
 */
export const scenes: MapTask = {
  kind: 'map',
  classes: sceneClasses,
  draw(canvas, labels, draw) {
    const scene = { canvas, labels }
    const light = anyLight(draw)
    const horizon = 0.25 + 0.3 * draw.uniform()
    drawHeaven(scene, light, horizon, draw)
    drawHills(scene, light, horizon, draw)
    drawThings(scene, light, drawLand(scene, light, horizon, draw), draw)
    develop(canvas, light, draw)
    ignoreEdges(labels)
  },
}

/** Stands up to nine things on the grass, distant ones smaller and drawn first. */
function drawThings(scene: Scene, light: Light, land: Land, draw: Random): void {
  const placed: { readonly thing: Thing; readonly place: Placement; readonly foot: number }[] = []
  for (let things = 3 + draw.integer(7); things > 0; things--) {
    const thing = anyThing(draw)
    const [x, foot] = [draw.uniform(), land.horizon + 0.05 + (0.98 - land.horizon) * draw.uniform()]
    const [least, greatest] = thing.radius
    const nearness = (foot - land.horizon) / (1 - land.horizon)
    const radius = (least + (greatest - least) * draw.uniform()) * (0.3 + 0.7 * nearness)
    const angle = 0.1 * (draw.uniform() - 0.5)
    if (land.labelAt(x, foot) === sceneLabels.grass)
      placed.push({ thing, foot, place: { x, y: foot - radius, radius, angle } })
  }
  placed.sort((a, b) => a.foot - b.foot)
  for (const { thing, place } of placed) thing.drawThing(scene, place, light, draw)
}
