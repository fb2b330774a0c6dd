/** Numbers of the classes of drawn scenes. */
export const sceneLabels = {
  sky: 0,
  hills: 1,
  grass: 2,
  water: 3,
  tree: 4,
  house: 5,
  flower: 6,
  sun: 7,
} as const

/** Names of the classes, in the order of their numbers. */
export const sceneClasses: readonly string[] = Object.keys(sceneLabels)
