import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../pick.ts'
import { blend, type Canvas, type Colour, cover, inside, shadeEach } from './canvas.ts'
import { hsv, jittered, mixColour, tinted } from './colour.ts'
import { drawSky, type Light } from './light.ts'
import { fractalNoise } from './noise.ts'
import { fillBelow, paint } from './ridge.ts'

/** Rows of firs, the distant ones in mist. */
export function drawForest(canvas: Canvas, light: Light, draw: Random): void {
  drawSky(canvas, light, 0.75, 0.5 * draw.uniform(), draw)
  const green = tinted(jittered([34, 62, 36], 14, draw), light.tint)
  const mist = mixColour(light.horizon, [200, 206, 210], 0.3)
  const rows = 3 + draw.integer(2)
  for (let row = 0; row < rows; row++) {
    const near = (row + 1) / rows
    const body = mixColour(mist, green, 0.3 + 0.7 * near)
    const foot = 0.42 + 0.55 * near + 0.05 * draw.uniform()
    const noise = fractalNoise(draw.integer(1 << 30), 3)
    fillBelow(
      canvas,
      (x) => foot - 0.1 + 0.06 * noise(x * 4, 0),
      (x, y, depth, out) => {
        paint(out, body, 0.65 + 0.6 * noise(x * 24, y * 24))
        blend(out, mist, 0.5 * (1 - near) * Math.min(1, depth * 4))
      },
    )
    const spacing = 0.05 + 0.1 * near
    for (let x = -0.05 + spacing * draw.uniform(); x < 1.05; x += spacing * (0.6 + 0.8 * draw.uniform())) {
      const height = (0.22 + 0.26 * near) * (0.75 + 0.5 * draw.uniform())
      drawFir(canvas, { x, foot, height }, jittered(body, 7, draw), undefined)
    }
  }
}

interface Fir {
  readonly x: number
  readonly foot: number
  readonly height: number
}

/** A fir: tiers of branches that widen downwards, lighter on the left; `snow` lies on the branches. */
function drawFir(canvas: Canvas, { x, foot, height }: Fir, colour: Colour, snow: Colour | undefined): void {
  const tiers = 6
  const width = height * 0.24
  const region = { left: x - width * 1.1, top: foot - height, right: x + width * 1.1, bottom: foot }
  shadeEach(
    canvas,
    (px, py, out) => {
      const down = (py - foot + height) / height
      const tier = (down * tiers) % 1
      const half = width * down * (0.62 + 0.38 * tier)
      const amount = inside(Math.abs(px - x) - half, canvas.size)
      if (amount <= 0) return
      const light = 1.12 - (0.3 * (px - x)) / width - 0.25 * (1 - tier)
      const needle: Colour = [colour[0] * light, colour[1] * light, colour[2] * light]
      blend(out, snow ? mixColour(needle, snow, Math.max(0, 0.95 - 1.3 * tier)) : needle, amount)
    },
    region,
  )
}

/** Grass to the horizon with flowers, small in the distance and large in front. */
export function drawMeadow(canvas: Canvas, light: Light, draw: Random): void {
  const horizon = 0.2 + 0.25 * draw.uniform()
  drawSky(canvas, light, horizon + 0.05, 0.6 * draw.uniform(), draw)
  const grass = tinted(jittered([96, 134, 52], 18, draw), light.tint)
  const blades = fractalNoise(draw.integer(1 << 30), 3)
  fillBelow(
    canvas,
    (x) => horizon + 0.08 * (blades(x * 2, 0) - 0.5),
    (x, _y, depth, out) => {
      const near = depth / (1 - horizon)
      const scale = 1 / (near + 0.12)
      paint(
        out,
        mixColour(mixColour(light.horizon, grass, 0.6), grass, near * 2),
        0.6 + 0.8 * blades(x * 14 * scale + 9, scale * 16),
      )
    },
  )
  const hue = draw.uniform()
  const kinds = [0, 0, 0.12, 0.5].map((shift) =>
    tinted(hsv((hue + shift) % 1, 0.25 + 0.6 * draw.uniform(), 1), light.tint),
  )
  const flowers = 60 + draw.integer(80)
  for (let i = 0; i < flowers; i++) {
    const near = ((i + draw.uniform()) / flowers) ** 1.4
    const petal = pick(kinds, draw)
    const at = { x: draw.uniform(), y: horizon + 0.05 + (1 - horizon) * near, radius: 0.006 + 0.034 * near }
    drawFlower(canvas, at, jittered(petal, 12, draw), draw.uniform() * 6)
  }
}

function drawFlower(
  canvas: Canvas,
  at: { x: number; y: number; radius: number },
  colour: Colour,
  turn: number,
): void {
  const { x, y, radius } = at
  const reach = radius * 1.2 + 1 / canvas.size
  const region = { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach }
  cover(canvas, region, colour, (px, py) => {
    const edge = radius * (0.78 + 0.22 * Math.cos(5 * Math.atan2(py - y, px - x) + turn))
    return inside(Math.hypot(px - x, (py - y) * 1.25) - edge, canvas.size)
  })
  cover(canvas, region, [232, 190, 60], (px, py) =>
    inside(Math.hypot(px - x, py - y) - radius * 0.28, canvas.size),
  )
}

/** A field of snow with blue shadows and firs, sometimes with falling flakes. */
export function drawSnow(canvas: Canvas, light: Light, draw: Random): void {
  const horizon = 0.35 + 0.25 * draw.uniform()
  drawSky(canvas, light, horizon + 0.1, 0.8 * draw.uniform(), draw)
  const snow = tinted(jittered([238, 242, 250], 6, draw), light.tint)
  const shade = tinted(jittered([150, 172, 208], 12, draw), light.tint)
  const drifts = fractalNoise(draw.integer(1 << 30), 4)
  fillBelow(
    canvas,
    (x) => horizon + 0.12 * (drifts(x * 1.7, 0) - 0.5),
    (x, y, _depth, out) => {
      const tone = drifts(x * 2.5, y * 6) - drifts(x * 2.5 + 0.25, y * 6 + 0.3)
      paint(out, mixColour(snow, shade, 0.28 + 1.8 * tone), 1)
    },
  )
  const firs = 2 + draw.integer(7)
  const needles = tinted(jittered([44, 66, 58], 12, draw), light.tint)
  for (let i = 0; i < firs; i++) {
    const near = (i + draw.uniform()) / firs
    const fir = { x: draw.uniform(), foot: horizon + 0.04 + 0.4 * near, height: 0.16 + 0.3 * near }
    drawFir(canvas, fir, needles, snow)
  }
  if (draw.uniform() < 0.4) drawFlakes(canvas, draw)
}

function drawFlakes(canvas: Canvas, draw: Random): void {
  const flakes = 40 + draw.integer(60)
  for (let i = 0; i < flakes; i++) {
    const [x, y, radius] = [draw.uniform(), draw.uniform(), 0.005 + 0.009 * draw.uniform()]
    const region = { left: x - 0.03, top: y - 0.03, right: x + 0.03, bottom: y + 0.03 }
    cover(
      canvas,
      region,
      [250, 252, 255],
      (px, py) => 0.9 * inside(Math.hypot(px - x, py - y) - radius, canvas.size),
    )
  }
}
