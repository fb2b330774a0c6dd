import type { ArrayOf, DType, TensorData } from './dtype.ts'

/** The elements read last, so that a loop over `data[i]` reads them only once. */
let last: { readonly tensor: TensorData; readonly data: TensorData['data'] } | undefined
const all = new WeakSet<TensorData>()

/**
 * Values that are loaded by `read` whenever `data` is accessed, and not kept in memory. `read` must return
 * the same values each time. For frozen weights: a compiled program has its own copy, so they are not in
 * memory twice.
 */
export function onDemand<D extends DType>(
  dtype: D,
  shape: readonly number[],
  read: () => ArrayOf[D],
): TensorData<D> {
  const tensor: TensorData<D> = {
    dtype,
    shape,
    get data() {
      if (last?.tensor !== tensor) last = { tensor, data: read() }
      return last.data as ArrayOf[D]
    },
  }
  all.add(tensor)
  return tensor
}

/** True if each access to the values loads them again. Do not read them without need. */
export function isOnDemand(tensor: TensorData): boolean {
  return all.has(tensor)
}
