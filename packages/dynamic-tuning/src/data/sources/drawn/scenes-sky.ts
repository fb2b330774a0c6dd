import type { Random } from '@dynamic-tuning/engine'
import { blend, type Canvas, type Colour, cover, inside, shadeEach } from './canvas.ts'
import { jittered, mixColour, tinted } from './colour.ts'
import { drawSky, type Light } from './light.ts'
import { fractalNoise, smoothstep, valueNoise } from './noise.ts'
import { fillBelow, paint } from './ridge.ts'

/** Clouds from edge to edge, sometimes with a strip of land. */
export function drawClouds(canvas: Canvas, light: Light, draw: Random): void {
  drawSky(canvas, light, 1.05, 0.55 + 0.4 * draw.uniform(), draw)
  if (draw.uniform() < 0.5) return
  const noise = fractalNoise(draw.integer(1 << 30), 3)
  const level = 0.88 + 0.1 * draw.uniform()
  const land = tinted(jittered([70, 84, 62], 16, draw), light.tint)
  fillBelow(
    canvas,
    (x) => level - 0.06 * noise(x * 3, 0),
    (x, y, _depth, out) => paint(out, land, 0.7 + 0.5 * noise(x * 30, y * 60)),
  )
}

/** Water to the horizon: waves that get narrower with distance, and the reflection of the sun. */
export function drawSea(canvas: Canvas, light: Light, draw: Random): void {
  const horizon = 0.28 + 0.32 * draw.uniform()
  drawSky(canvas, light, horizon, 0.6 * draw.uniform(), draw)
  const deep = tinted(jittered([22, 70, 96], 16, draw), light.tint)
  const waves = fractalNoise(draw.integer(1 << 30), 3)
  const swell = 0.5 + draw.uniform()
  const foam = 0.7 + 0.25 * draw.uniform()
  const crest: Colour = mixColour(light.horizon, [255, 255, 255], 0.5)
  fillBelow(
    canvas,
    () => horizon,
    (x, _y, depth, out) => {
      const near = Math.max(0, depth) / (1 - horizon)
      const distance = 1 / (near * (1 - horizon) + 0.035)
      const wave = waves((x - 0.5) * distance * 1.6 + 50, distance * 4.5 * swell)
      paint(out, mixColour(mixColour(light.horizon, deep, 0.45), deep, near ** 0.6), 0.72 + 0.62 * wave)
      blend(out, crest, 0.85 * smoothstep(foam - 0.12, foam + 0.05, wave) * (0.3 + near))
      const path = Math.exp(-(((x - light.sun.x) / (0.05 + 0.12 * near)) ** 2))
      if (light.sun.visible) blend(out, light.sun.colour, 0.9 * path * smoothstep(0.42, 0.66, wave))
    },
  )
}

/** Stars, the milky way or a moon, over dark hills. */
export function drawNight(canvas: Canvas, light: Light, draw: Random): void {
  const zenith = jittered([8, 12, 34], 6, draw)
  const horizon = mixColour(jittered([34, 44, 88], 12, draw), light.horizon, 0.3 * draw.uniform())
  const haze = fractalNoise(draw.integer(1 << 30), 4)
  const tilt = (draw.uniform() - 0.5) * 1.6
  const band = 0.5 * draw.uniform()
  shadeEach(canvas, (x, y, out) => {
    out.set(zenith)
    blend(out, horizon, y ** 1.8)
    const across = y - 0.4 - tilt * (x - 0.5)
    blend(out, [150, 150, 190], band * Math.exp(-across * across * 22) * haze(x * 5, y * 5))
  })
  drawStars(canvas, draw)
  if (draw.uniform() < 0.6) drawMoon(canvas, draw)
  const hills = fractalNoise(draw.integer(1 << 30), 4)
  const level = 0.72 + 0.22 * draw.uniform()
  const dark = jittered([10, 12, 20], 5, draw)
  fillBelow(
    canvas,
    (x) => level + 0.16 * (hills(x * 2.5, 0) - 0.5),
    (x, y, _depth, out) => paint(out, dark, 0.6 + 0.8 * hills(x * 9, y * 12)),
  )
}

function drawStars(canvas: Canvas, draw: Random): void {
  const stars = 30 + draw.integer(70)
  for (let i = 0; i < stars; i++) {
    const [x, y, strength] = [draw.uniform(), draw.uniform() * 0.9, 0.35 + 0.65 * draw.uniform()]
    const radius = 0.004 + 0.007 * strength * strength
    const region = { left: x - 0.03, top: y - 0.03, right: x + 0.03, bottom: y + 0.03 }
    const warmth = draw.uniform() * 40
    cover(canvas, region, [255, 255 - warmth / 2, 255 - warmth], (px, py) => {
      const distance = Math.hypot(px - x, py - y)
      return strength * Math.exp(-((distance / radius) ** 2) / 1.6)
    })
  }
}

function drawMoon(canvas: Canvas, draw: Random): void {
  const [x, y, radius] = [
    0.15 + 0.7 * draw.uniform(),
    0.12 + 0.3 * draw.uniform(),
    0.05 + 0.06 * draw.uniform(),
  ]
  const phase = radius * (0.3 + 2 * draw.uniform())
  const seas = valueNoise(draw.integer(1 << 30))
  const pale: Colour = [244, 240, 222]
  cover(canvas, { left: 0, top: 0, right: 1, bottom: 1 }, pale, (px, py) => {
    return 0.3 * Math.exp((-Math.hypot(px - x, py - y) / radius) * 0.9)
  })
  const region = {
    left: x - radius * 1.2,
    top: y - radius * 1.2,
    right: x + radius * 1.2,
    bottom: y + radius * 1.2,
  }
  cover(canvas, region, pale, (px, py) => {
    const lit = inside(Math.hypot(px - x, py - y) - radius, canvas.size)
    const shadow = inside(Math.hypot(px - x - phase, py - y + phase * 0.3) - radius, canvas.size)
    return lit * (1 - shadow) * (0.8 + 0.2 * seas(px * 40, py * 40))
  })
}
