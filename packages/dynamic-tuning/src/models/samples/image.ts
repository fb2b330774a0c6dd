import type { SampleLayout } from './sample-layout.ts'

/** Images one by one, [3, H, W]. */
export function imageLayout(imageSize: readonly [number, number]): SampleLayout {
  return { word: 'image', shape: [3, ...imageSize], images: 1, toImages: (samples) => samples }
}
