import type { Random } from '@dynamic-tuning/engine'

/**
 * With chance `probability`, sets a random rectangle of the normalised image [3, height, width] at
 * `offset` of `data` to 0, the mean colour: 2 to 33 % of the area, height / width from 0.3 to 3.3
 * (torchvision's RandomErasing).
 */
export function erase(
  data: Float32Array,
  offset: number,
  { height, width }: { readonly height: number; readonly width: number },
  probability: number,
  draw: Random,
): void {
  if (draw.uniform() >= probability) return
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * (0.02 + 0.31 * draw.uniform())
    const aspect = Math.exp(Math.log(0.3) + Math.log(11) * draw.uniform())
    const h = Math.round(Math.sqrt(area * aspect))
    const w = Math.round(Math.sqrt(area / aspect))
    if (h < 1 || w < 1 || h >= height || w >= width) continue
    const top = draw.integer(height - h + 1)
    const left = draw.integer(width - w + 1)
    for (let c = 0; c < 3; c++) {
      for (let y = top; y < top + h; y++) {
        const start = offset + (c * height + y) * width + left
        data.fill(0, start, start + w)
      }
    }
    return
  }
}
