import type { Random } from '@dynamic-tuning/engine'
import { blend, type Canvas } from './canvas.ts'
import { jittered, mixColour, tinted } from './colour.ts'
import { drawSky, type Light } from './light.ts'
import { fractalNoise, smoothstep, valueNoise } from './noise.ts'
import { fillBelow, paint } from './ridge.ts'

/** Mountain ranges one behind another, paler with distance; distant ones may have snow. */
export function drawMountains(canvas: Canvas, light: Light, draw: Random): void {
  drawSky(canvas, light, 0.7, 0.7 * draw.uniform(), draw)
  const layers = 2 + draw.integer(3)
  const rock = tinted(jittered([92, 88, 92], 18, draw), light.tint)
  const green = tinted(jittered([54, 74, 48], 14, draw), light.tint)
  const snowy = draw.uniform() < 0.7
  for (let layer = 0; layer < layers; layer++) {
    const near = (layer + 1) / layers
    const noise = fractalNoise(draw.integer(1 << 30), 5)
    const base = 0.28 + 0.55 * near + 0.08 * draw.uniform()
    const tall = 0.5 - 0.25 * near
    const sharp = (x: number): number => 1 - 2 * Math.abs(noise(x * (1.8 + near), 3) - 0.5)
    const skyline = (x: number): number => base - tall * (sharp(x) - 0.5)
    const body = mixColour(
      mixColour(light.horizon, rock, 0.35 + 0.5 * near),
      green,
      near > 0.6 ? near * 0.8 : 0,
    )
    const line = snowy && layer === 0 ? 0.16 + 0.1 * draw.uniform() : 0
    fillBelow(canvas, skyline, (x, y, depth, out) => {
      const relief = noise(x * 7 + y * 3, y * 7) - noise(x * 7 + y * 3 + 0.35, y * 7 + 0.2)
      paint(out, body, 0.92 + 1.5 * relief)
      const white = line - depth + 0.14 * (noise(x * 9, y * 9) - 0.5)
      blend(out, tinted([244, 246, 252], light.tint), smoothstep(0, 0.05, white) * (0.85 + 1.1 * relief))
      blend(out, light.horizon, (0.35 * (1 - near) + 0.1) * smoothstep(0, 0.4, depth))
    })
  }
}

/** Dunes with a lit and a shaded side, and ripples. */
export function drawDesert(canvas: Canvas, light: Light, draw: Random): void {
  const horizon = 0.3 + 0.22 * draw.uniform()
  drawSky(canvas, light, horizon + 0.05, 0.35 * draw.uniform(), draw)
  const sand = tinted(jittered([216, 168, 108], 18, draw), light.tint)
  const layers = 3 + draw.integer(3)
  const side = draw.uniform() < 0.5 ? -1 : 1
  for (let layer = 0; layer < layers; layer++) {
    const near = (layer + 1) / layers
    const noise = valueNoise(draw.integer(1 << 30))
    const base = horizon + ((1.02 - horizon) * layer) / layers
    const swing = 0.05 + 0.12 * near
    const skyline = (x: number): number => base - swing * (noise(x * (3.2 - 1.6 * near) + 0.5, 0) - 0.4)
    const body = mixColour(light.horizon, sand, 0.55 + 0.45 * near)
    const ripple = 26 + 30 * draw.uniform()
    fillBelow(canvas, skyline, (x, y, depth, out) => {
      const slope = (skyline(x + 0.03) - skyline(x - 0.03)) / 0.06
      const shaded = smoothstep(-0.25, 0.3, side * slope - depth * 1.2 + 0.06)
      const waves = Math.sin((y * 1.6 + 0.35 * noise(x * 4, y * 4)) * ripple * (1.6 - near * 0.6))
      paint(out, body, 1.05 - 0.42 * shaded + 0.045 * near * waves)
    })
  }
}
