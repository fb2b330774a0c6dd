import type { Random } from '@dynamic-tuning/engine'
import { blend, type Canvas, type Colour, shadeEach } from './canvas.ts'
import type { Light } from './light.ts'
import { valueNoise } from './noise.ts'

/** Effects of air and camera: haze, exposure, a colour cast, darker corners, grain. */
export function develop(canvas: Canvas, light: Light, draw: Random): void {
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
