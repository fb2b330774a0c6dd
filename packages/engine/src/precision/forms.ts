import { blockProduct } from './block-product.ts'
import { halfProduct } from './half-product.ts'
import { int8Product } from './int8-product.ts'
import type { Precision } from './precision.ts'
import type { ProductForm } from './product.ts'

/** Block sizes that all backends support. */
export const blockSettings = {
  'int8-weights': { bits: 8, blocks: [128, 64, 32, 16] },
  'int4-weights': { bits: 4, blocks: [32, 16] },
} as const

/** How each precision computes a product. */
export const productForms: Readonly<Record<Exclude<Precision, 'fp32'>, ProductForm>> = {
  fp16: halfProduct,
  int8: int8Product,
  'int8-weights': blockProduct(blockSettings['int8-weights']),
  'int4-weights': blockProduct(blockSettings['int4-weights']),
}
