import type { Random } from '@dynamic-tuning/engine'
import { present } from '../../../present.ts'
import type { Canvas } from './canvas.ts'
import { develop } from './develop.ts'
import { anyLight, type Light } from './light.ts'
import { drawDesert, drawMountains } from './scenes-land.ts'
import { drawForest, drawMeadow, drawSnow } from './scenes-plants.ts'
import { drawClouds, drawNight, drawSea } from './scenes-sky.ts'
import type { ClassTask } from './task.ts'

/** Draws one kind of landscape in the given light. */
export type Scene = (canvas: Canvas, light: Light, draw: Random) => void

const scenes: Readonly<Record<string, Scene>> = {
  clouds: drawClouds,
  sea: drawSea,
  mountains: drawMountains,
  forest: drawForest,
  desert: drawDesert,
  night: drawNight,
  meadow: drawMeadow,
  snow: drawSnow,
}

/** Kind of landscape, at any time of day: light colours everything, so colour alone does not identify it. */
export const nature: ClassTask = {
  kind: 'class',
  classes: Object.keys(scenes),
  draw(canvas, label, draw) {
    const scene = present(Object.values(scenes)[label], `class ${label}`)
    const light = anyLight(draw)
    scene(canvas, light, draw)
    develop(canvas, light, draw)
  },
}
