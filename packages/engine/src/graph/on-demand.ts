import type { ArrayOf, DType, TensorData } from './dtype.ts'

/** The elements read last, so that a loop over `data[i]` reads them once. */
let last: { readonly tensor: TensorData; readonly data: TensorData['data'] } | undefined
const all = new WeakSet<TensorData>()

/**
 * Values that `read` fetches or makes whenever `data` is asked for, the same ones each time, and that nobody keeps: frozen
 * weights, of which a compiled program has its own copy, then take no second place in memory.
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

/** Whether reading the values takes work each time: they are not to be looked at without need. */
export function isOnDemand(tensor: TensorData): boolean {
  return all.has(tensor)
}
