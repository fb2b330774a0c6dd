import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../../pick.ts'
import { blend, type Colour, cover, inside } from '../canvas.ts'
import { coloursIn, jittered, mixColour, tinted } from '../colour.ts'
import { drawSky, type Light } from '../light.ts'
import { fractalNoise, smoothstep } from '../noise.ts'
import { paint, type Skyline } from '../ridge.ts'
import { sceneLabels } from './labels.ts'
import { fillLand, type Scene } from './scene.ts'

/** Ground from some height downwards, to the next one. */
interface Ground {
  readonly label: number
  readonly skyline: Skyline
}

/** What the lower part of a picture is. */
export interface Land {
  /** Height where it begins, about. */
  readonly horizon: number
  /** Class of the ground at a point below the horizon. */
  labelAt(x: number, y: number): number
}

/** Colours of plants on the ground, of hills and of leaves alike: what a thing is shows in its texture. */
export const plantColour = (draw: Random): Colour => {
  const range = draw.uniform()
  if (range < 0.6) return coloursIn([0.2, 0.36], [0.35, 0.75], [0.28, 0.62])(draw)
  if (range < 0.85) return coloursIn([0.06, 0.15], [0.35, 0.8], [0.4, 0.75])(draw)
  return coloursIn([0.4, 0.6], [0.1, 0.35], [0.3, 0.6])(draw)
}

/** Sky, and the sun, which may be half behind the land. */
export function drawHeaven(scene: Scene, light: Light, horizon: number, draw: Random): void {
  drawSky(
    scene.canvas,
    { ...light, sun: { ...light.sun, visible: false } },
    horizon + 0.2,
    0.8 * draw.uniform(),
    draw,
  )
  const [x, y] = [0.08 + 0.84 * draw.uniform(), 0.08 + horizon * draw.uniform()]
  const radius = 0.045 + 0.03 * draw.uniform()
  if (!light.sun.visible) return
  const { canvas, labels } = scene
  const { size } = canvas
  const all = { left: 0, top: 0, right: 1, bottom: 1 }
  cover(canvas, all, light.sun.colour, (px, py) => 0.6 * Math.exp(-Math.hypot(px - x, py - y) * 8))
  cover(canvas, all, light.sun.colour, (px, py) => {
    const amount = inside(Math.hypot(px - x, py - y) - radius, size)
    if (amount >= 0.5) labels.data[Math.floor(py * size) * size + Math.floor(px * size)] = sceneLabels.sun
    return amount
  })
}

/** Up to two ranges of hills, the distant one paler. */
export function drawHills(scene: Scene, light: Light, horizon: number, draw: Random): void {
  const ranges = pick([0, 1, 1, 2], draw)
  for (let range = 0; range < ranges; range++) {
    const near = (range + 1) / ranges
    const noise = fractalNoise(draw.integer(1 << 30), 5)
    const body = mixColour(light.horizon, tinted(plantColour(draw), light.tint), 0.45 + 0.5 * near)
    const rise = 0.42 - 0.2 * near
    const steep = 1.5 + 2 * draw.uniform()
    const skyline = (x: number): number => horizon - 0.03 + rise * (0.6 - 1.5 * noise(x * steep, range))
    fillLand(scene, sceneLabels.hills, skyline, (x, y, depth, out) => {
      const relief = noise(x * 8 + y * 3, y * 8) - noise(x * 8 + y * 3 + 0.35, y * 8 + 0.2)
      paint(out, body, 0.95 + 1.6 * relief)
      blend(out, light.horizon, 0.25 * (1 - near) + 0.2 * smoothstep(0, 0.3, depth))
    })
  }
}

/** One to three strips of grass and water, each from its height to the lower edge. */
export function drawLand(scene: Scene, light: Light, horizon: number, draw: Random): Land {
  const strips = 1 + draw.integer(3)
  const first = draw.uniform() < 0.35 && strips > 1 ? sceneLabels.water : sceneLabels.grass
  const grounds: Ground[] = []
  for (let strip = 0; strip < strips; strip++) {
    const wet = (strip % 2 === 0) === (first === sceneLabels.water)
    const height = horizon + ((1.05 - horizon) * strip) / strips
    const edge = fractalNoise(draw.integer(1 << 30), 3)
    const swing = wet && strip === 0 ? 0 : 0.05 + 0.12 * draw.uniform()
    const skyline = (x: number): number => height + swing * (edge(x * 2.2, strip) - 0.5)
    if (wet) drawWater(scene, light, { skyline, horizon }, draw)
    else drawGrass(scene, light, { skyline, horizon }, draw)
    grounds.push({ label: wet ? sceneLabels.water : sceneLabels.grass, skyline })
  }
  return {
    horizon,
    labelAt: (x, y) => grounds.findLast(({ skyline }) => y > skyline(x))?.label ?? sceneLabels.sky,
  }
}

interface Strip {
  readonly skyline: Skyline
  readonly horizon: number
}

/** Distance of a point on flat ground: 1 in front, larger towards the horizon. */
const distanceAt = (y: number, horizon: number): number =>
  1 / (Math.max(0, y - horizon) / (1 - horizon) + 0.12)

function drawGrass(scene: Scene, light: Light, { skyline, horizon }: Strip, draw: Random): void {
  const body = tinted(plantColour(draw), light.tint)
  const blades = fractalNoise(draw.integer(1 << 30), 3)
  fillLand(scene, sceneLabels.grass, skyline, (x, y, _depth, out) => {
    const far = distanceAt(y, horizon)
    paint(
      out,
      mixColour(body, light.horizon, Math.min(0.5, far * 0.05)),
      0.6 + 0.8 * blades(x * 22 * far ** 0.5, far * 16),
    )
  })
}

/** Water shows the sky, or its own blue or green, with long low waves. */
function drawWater(scene: Scene, light: Light, { skyline, horizon }: Strip, draw: Random): void {
  const own = tinted(jittered([40, 92, 104], 34, draw), light.tint)
  const body = mixColour(own, draw.uniform() < 0.5 ? light.zenith : light.horizon, 0.75 * draw.uniform())
  const waves = fractalNoise(draw.integer(1 << 30), 3)
  const swell = 0.16 + 0.3 * draw.uniform()
  fillLand(scene, sceneLabels.water, skyline, (x, y, _depth, out) => {
    const far = distanceAt(y, horizon)
    paint(out, body, 1 + swell * (2 * waves((x - 0.5) * far * 1.2 + 50, far * 7) - 1))
  })
}
