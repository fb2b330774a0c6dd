import type { Random } from '@dynamic-tuning/engine'
import { present } from '../../../present.ts'
import { blend, type Canvas, type Colour, shadeEach } from './canvas.ts'
import { anyLight, type Light } from './light.ts'
import { valueNoise } from './noise.ts'
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

/** Effects of air and camera: haze, exposure, a colour cast, darker corners, grain. */
function develop(canvas: Canvas, light: Light, draw: Random): void {
  const exposure = 0.8 + 0.3 * draw.uniform()
  const haze = 0.45 * draw.uniform() ** 2
  const channel = (): number => exposure * (0.92 + 0.16 * draw.uniform())
  const cast: Colour = [channel(), channel(), channel()]
  const grain = valueNoise(draw.integer(1 << 30))
  shadeEach(canvas, (x, y, out) => {
    blend(out, light.horizon, haze)
    const corner = 1 - 0.35 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    const speck = (grain(x * 97, y * 97) - 0.5) * 9
    for (let c = 0; c < 3; c++) out[c] = (out[c] as number) * (cast[c] ?? 1) * corner + speck
  })
}
