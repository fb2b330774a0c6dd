import { dims } from '../graph/dims.ts'
import { multiplyDims } from '../graph/shape.ts'
import type { Tensor } from '../graph/tensor.ts'
import { delayed } from './delayed.ts'
import { gemm, matMul } from './matrix.ts'
import { reshape, transpose } from './shape.ts'
import { concat, slice } from './slice.ts'
import { mapSizes, type Window } from './window.ts'
import { windowTaps } from './window-taps.ts'

/** At most about this many elements per image are gathered for one product: 64 MB of them. */
const gatheredAtOnce = 2 ** 24

/**
 * Gradient of the kernel of a convolution: dW[o, c, a, b] is the sum of dy[o, p] x[c, stride p + dilation
 * (a, b) - padding] over all images and places p, with `given` = dy and `windowed` = x. For a transposed
 * convolution they are x and dy.
 * given: [B, O, h, w], windowed: [B, C, H, W] -> [O, C / groups, ...kernel]. `atOnce`: elements per image
 * that may be gathered for one product.
 *
 * The elements under each tap of the kernel are gathered (im2col) and multiplied in one Gemm per group of
 * channels, so that what is gathered stays small. Processor time as multiples of the forward pass, for 3 x 3
 * kernels of 768 channels and two images of 16 x 16, 32 x 32 and 64 x 64: this form 1.3, 1.2 and 1.1; a
 * product per tap 1.5 to 1.9, 1.2 to 1.3 and 1.1; a convolution with swapped roles 2.2 and more.
 */
export function kernelGradient(
  given: Tensor,
  windowed: Tensor,
  window: Window,
  groups: number,
  atOnce: number = gatheredAtOnce,
): Tensor {
  const [, outs] = dims(given, '_ O _ _', 'kernelGradient')
  const [, ins] = dims(windowed, '_ C _ _', 'kernelGradient')
  const [rows, columns] = mapSizes('kernelGradient', given)
  const perChannel = rows * columns * window.kernel[0] * window.kernel[1]
  const parts = Math.ceil((ins * perChannel) / atOnce)
  // A part is some channels of the only group, or some groups.
  const [unit, units] = groups === 1 ? [1, ins] : [ins / groups, groups]
  const step = unit * Math.ceil(units / Math.max(parts, 1))
  const swapped = (x: Tensor): Tensor => transpose(x, [1, 0, 2, 3])
  const dy = swapped(given)
  const gradients: Tensor[] = []
  for (let start = 0; start < ins; start += step) {
    const end = Math.min(ins, start + step)
    // Without the wait, the runtime would cut the map into all its parts before the first product.
    const before = gradients.at(-1)
    const map = before === undefined ? windowed : delayed(windowed, before)
    const x = swapped(start === 0 && end === ins ? map : slice(map, 1, start, end))
    const share = groups === 1 ? [0, outs] : [start, end].map((at) => (at / ins) * outs)
    gradients.push(partGradient(taken(dy, share), x, window, groups === 1 ? 1 : (end - start) / unit))
  }
  return concat(gradients, groups === 1 ? 1 : 0)
}

function taken(x: Tensor, [start = 0, end = 0]: readonly number[]): Tensor {
  return start === 0 && end === x.shape[0] ? x : slice(x, 0, start, end)
}

/** given: [O, B, h, w], windowed: [C, B, H, W] -> [O, C / groups, ...kernel]. */
function partGradient(given: Tensor, windowed: Tensor, window: Window, groups: number): Tensor {
  const [outs, batch, rows, columns] = dims(given, 'O B H W', 'kernelGradient')
  const [ins] = dims(windowed, 'C _ _ _', 'kernelGradient')
  const places = multiplyDims(batch, rows, columns)
  const taps = windowTaps(windowed, window, [rows, columns]).map((tap) => reshape(tap, [ins, 1, places]))
  const shape = [outs, ins / groups, ...window.kernel]
  const inner = (ins / groups) * taps.length
  if (groups === 1)
    return reshape(
      gemm(reshape(given, [outs, places]), reshape(concat(taps, 1), [inner, places]), { transB: true }),
      shape,
    )
  const left = reshape(given, [groups, outs / groups, places])
  const right = reshape(concat(taps, 1), [groups, inner, places])
  return reshape(matMul(left, transpose(right, [0, 2, 1])), shape)
}
