import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../pick.ts'
import { blend, type Canvas, type Colour, shadeEach } from './canvas.ts'
import { jittered } from './colour.ts'
import { fractalNoise, smoothstep } from './noise.ts'

/** The time of day of a scene. */
export interface Light {
  readonly zenith: Colour
  readonly horizon: Colour
  /** Factor per channel for lit objects. */
  readonly tint: Colour
  /** Colour of lit clouds. */
  readonly cloud: Colour
  readonly sun: { readonly x: number; readonly y: number; readonly colour: Colour; readonly visible: boolean }
}

interface Hour {
  readonly zenith: Colour
  readonly horizon: Colour
  readonly tint: Colour
  readonly cloud: Colour
  readonly sun: Colour | undefined
}

const hours: readonly Hour[] = [
  {
    zenith: [52, 110, 190],
    horizon: [186, 214, 236],
    tint: [1, 1, 1],
    cloud: [250, 251, 253],
    sun: [255, 253, 240],
  },
  {
    zenith: [88, 120, 172],
    horizon: [252, 198, 128],
    tint: [1.06, 0.86, 0.66],
    cloud: [255, 226, 190],
    sun: [255, 240, 196],
  },
  {
    zenith: [62, 56, 112],
    horizon: [242, 128, 96],
    tint: [0.78, 0.56, 0.58],
    cloud: [250, 160, 140],
    sun: [255, 206, 140],
  },
  {
    zenith: [142, 152, 164],
    horizon: [206, 210, 214],
    tint: [0.82, 0.85, 0.9],
    cloud: [232, 234, 238],
    sun: undefined,
  },
  {
    zenith: [112, 132, 184],
    horizon: [246, 200, 206],
    tint: [0.95, 0.86, 0.92],
    cloud: [255, 226, 230],
    sun: [255, 240, 232],
  },
]

/** A random time of day: noon, late afternoon, dusk, overcast or dawn. */
export function anyLight(draw: Random): Light {
  const hour = pick(hours, draw)
  const x = 0.1 + 0.8 * draw.uniform()
  const y = 0.08 + 0.25 * draw.uniform()
  const visible = hour.sun !== undefined && draw.uniform() < 0.6
  return {
    zenith: jittered(hour.zenith, 14, draw),
    horizon: jittered(hour.horizon, 10, draw),
    tint: hour.tint,
    cloud: hour.cloud,
    sun: { x, y, colour: hour.sun ?? [255, 255, 255], visible },
  }
}

/**
 * Fills the canvas with sky down to `horizon`: a gradient, the sun and its glow,
 * `clouds` from 0 (none) to 1 (all).
 */
export function drawSky(canvas: Canvas, light: Light, horizon: number, clouds: number, draw: Random): void {
  const noise = fractalNoise(draw.integer(1 << 30), 5)
  const billow = 2.2 + 2 * draw.uniform()
  const threshold = 0.78 - 0.5 * clouds
  const shadow: Colour = [light.cloud[0] * 0.68, light.cloud[1] * 0.7, light.cloud[2] * 0.76]
  const lit = new Float32Array(3)
  shadeEach(
    canvas,
    (x, y, out) => {
      out.set(light.zenith)
      blend(out, light.horizon, (y / horizon) ** 1.3)
      shine(out, light, x, y, canvas.size)
      if (clouds <= 0) return
      const squeeze = billow * (1 + y / horizon)
      const density = noise(x * billow, y * squeeze)
      const amount = smoothstep(threshold, threshold + 0.2, density)
      if (amount <= 0) return
      lit.set(light.cloud)
      blend(lit, shadow, smoothstep(0, 0.22, density - noise(x * billow - 0.12, y * squeeze - 0.22) + 0.1))
      blend(out, lit, amount * 0.95)
    },
    { left: 0, top: 0, right: 1, bottom: Math.min(1, horizon + 0.02) },
  )
}

function shine(out: Float32Array, { sun }: Light, x: number, y: number, size: number): void {
  if (!sun.visible) return
  const distance = Math.hypot(x - sun.x, y - sun.y)
  blend(
    out,
    sun.colour,
    0.75 * Math.exp(-distance * 7) + smoothstep(0.5 / size, -0.5 / size, distance - 0.05),
  )
}
