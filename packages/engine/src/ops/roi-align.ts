import { dims } from '../graph/dims.ts'
import { DTypeError, ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { multiplyDims } from '../graph/shape.ts'
import { apply, type Tensor, type TernaryOperator } from '../graph/tensor.ts'
import { cast, equal } from './compare.ts'
import { mul } from './elementwise.ts'
import { matMul } from './matrix.ts'
import { axisPlaces, regionShares } from './roi-shares.ts'
import { reshape, transpose } from './shape.ts'

/** How regions of a map are pooled. */
export interface RoiAlignOptions {
  /** P: a region becomes P x P bins. */
  readonly bins: number
  /** Rows of the map per unit of the boxes: 1 / stride. */
  readonly scale: number
  /** Samples of a bin along each axis; 0, the default, takes ceil(side / P), each axis for itself. */
  readonly samples?: number
}
type Settings = Required<RoiAlignOptions>

/**
 * The mean over the samples of a bin is one over rows of one over columns, so a region is A x B' with shares
 * A of rows and B of columns, and the gradient of the map is the sum of A' dy B: two products, whatever the
 * number of samples. Boxes are constants.
 */
const roiAlignOp: TernaryOperator<Settings> = {
  name: 'RoiAlign',
  infer: ([x, boxes, images], { bins, samples, scale }) => {
    checkSameType('roiAlign', [x, boxes])
    if (images.dtype !== 'int64')
      throw new DTypeError(`roiAlign: numbers of images are ${images.dtype}, not int64. Cast them.`)
    const [, channels] = dims(x, '_ _ H W', 'roiAlign')
    const [count, four] = dims(boxes, '_ _', 'roiAlign')
    if (four !== 4 || images.shape.length !== 1 || images.shape[0] !== count)
      throw new ShapeError(
        `roiAlign: boxes [${boxes.shape}] and images [${images.shape}] are not [R, 4] and [R]. Reshape them.`,
      )
    if (!Number.isInteger(bins) || bins < 1 || !Number.isInteger(samples) || samples < 0 || !(scale > 0))
      throw new ShapeError(
        `roiAlign: ${bins} bins, ${samples} samples, scale ${scale}. Give whole bins from 1, whole samples from 0 and a positive scale.`,
      )
    return [{ dtype: x.dtype, shape: [count, channels, bins, bins] }]
  },
  vjp: ([x, boxes, images], _y, [dy], settings) => [mapGradient(x, boxes, images, dy, settings), null, null],
  emit(emitter, { inputs, outputs: [y], attributes: { bins, scale, samples } }) {
    const attributes = {
      ...{ mode: 'avg', coordinate_transformation_mode: 'half_pixel', sampling_ratio: samples },
      ...{ output_height: bins, output_width: bins, spatial_scale: { float: scale } },
    }
    const names = inputs.map((each) => emitter.nameOf(each))
    emitter.node('RoiAlign', names, attributes, [emitter.nameOf(y)])
  },
}

function mapGradient(x: Tensor, boxes: Tensor, images: Tensor, dy: Tensor, settings: Settings): Tensor {
  const { bins } = settings
  const [batch, channels, height, width] = dims(x, '_ C H W', 'roiAlign')
  const [count] = dims(boxes, 'R _', 'roiAlign')
  const columns = regionShares(boxes, { ...settings, axis: 'x', size: width })
  const wide = matMul(dy, reshape(columns, [count, 1, bins, width]))
  const rows = regionShares(boxes, { ...settings, axis: 'y', size: height })
  const owner = equal(reshape(images, [1, count]), reshape(axisPlaces(x, 0), [batch, 1]))
  const own = mul(reshape(cast(owner, dy.dtype), [batch, count, 1, 1]), rows)
  const inner = multiplyDims(count, bins)
  const spread = matMul(
    reshape(transpose(own, [0, 3, 1, 2]), [batch, height, inner]),
    reshape(transpose(wide, [0, 2, 1, 3]), [inner, channels * width]),
  )
  return transpose(reshape(spread, [batch, height, channels, width]), [0, 2, 1, 3])
}

/**
 * Pools regions of maps (RoIAlign of arXiv:1703.06870, half a pixel moved as in detectron2's "aligned" form):
 * P x P bins over box * scale - 0.5, each the mean of its samples, sample s of n in bin b at
 * start + (b + (s + 0.5) / n) side / P; bilinear between pixels, 0 more than a pixel beside the map.
 * x: [B, C, H, W], boxes: [R, 4] as left, top, right, bottom, images: int64 [R], the image of each box
 * -> [R, C, P, P]. Boxes carry no gradient; an empty one gives zeros.
 * @throws ShapeError or DTypeError where these do not fit
 */
export function roiAlign(
  x: Tensor,
  { boxes, images }: { readonly boxes: Tensor; readonly images: Tensor },
  { bins, scale, samples = 0 }: RoiAlignOptions,
): Tensor {
  const settings: Settings = { bins, scale, samples }
  return apply(roiAlignOp, [x, boxes, images], settings)[0]
}
