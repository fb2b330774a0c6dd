import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../pick.ts'
import { blend, type Canvas, type Colour, shadeEach } from './canvas.ts'
import { hsv } from './colour.ts'
import { fractalNoise, valueNoise } from './noise.ts'

/** Fills the canvas with a random texture of two muted colours, and returns them. */
export function drawBackground(canvas: Canvas, draw: Random): [Colour, Colour] {
  const hue = draw.uniform()
  const muted = (h: number): Colour =>
    hsv((h + 1) % 1, 0.1 + 0.4 * draw.uniform(), 0.25 + 0.5 * draw.uniform())
  const first = muted(hue)
  const second = muted(hue + (draw.uniform() - 0.5) * 0.4)
  const texture = pick(textures, draw)(draw)
  const grain = valueNoise(draw.integer(1 << 30))
  const strength = 6 + 14 * draw.uniform()
  shadeEach(canvas, (x, y, out) => {
    out.set(first)
    blend(out, second, texture(x, y))
    const speck = (grain(x * 59, y * 59) - 0.5) * strength
    for (let c = 0; c < 3; c++) out[c] = (out[c] as number) + speck
  })
  return [first, second]
}

/** A texture: the share of the second colour at a point. */
type Texture = (draw: Random) => (x: number, y: number) => number

const cloudy: Texture = (draw) => {
  const noise = fractalNoise(draw.integer(1 << 30), 4)
  const scale = 2 + 6 * draw.uniform()
  return (x, y) => 1.6 * noise(x * scale, y * scale) - 0.3
}

const gradient: Texture = (draw) => {
  const angle = draw.uniform() * 2 * Math.PI
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return (x, y) => 0.5 + 0.75 * ((x - 0.5) * cos + (y - 0.5) * sin)
}

const striped: Texture = (draw) => {
  const across = gradient(draw)
  const bend = fractalNoise(draw.integer(1 << 30), 2)
  const [count, wobble] = [14 + 30 * draw.uniform(), 5 * draw.uniform()]
  return (x, y) => 0.5 + 0.35 * Math.sin(across(x, y) * count + bend(x * 3, y * 3) * wobble)
}

const woven: Texture = (draw) => {
  const [across, down] = [10 + 20 * draw.uniform(), 10 + 20 * draw.uniform()]
  return (x, y) => 0.5 + 0.22 * (Math.sin(x * across * 2) + Math.sin(y * down * 2))
}

const veined: Texture = (draw) => {
  const noise = fractalNoise(draw.integer(1 << 30), 4)
  const scale = 2 + 3 * draw.uniform()
  return (x, y) => 1 - 5 * Math.abs(noise(x * scale, y * scale) - 0.5)
}

const textures: readonly Texture[] = [cloudy, gradient, striped, woven, veined]
