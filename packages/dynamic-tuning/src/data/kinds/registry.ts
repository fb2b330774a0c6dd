import { archives } from './archive.ts'
import { clipLists } from './clip-lists.ts'
import { folders } from './folder.ts'
import type { DatasetKind } from './kind.ts'
import { labelsCsv } from './labels-csv.ts'
import { lists } from './list.ts'
import { ade20k } from './masks/ade20k.ts'
import { cocoStuff } from './masks/coco-stuff.ts'
import { maskFolders } from './masks/mask-folders.ts'
import { aircraft, aircraftFamily, aircraftManufacturer } from './sets/aircraft.ts'
import { cars } from './sets/cars.ts'
import { cifar10, cifar100 } from './sets/cifar.ts'
import { dtd } from './sets/dtd.ts'
import { flowers } from './sets/flowers.ts'
import { food101 } from './sets/food101.ts'
import { pets } from './sets/pets.ts'
import { svhn } from './sets/svhn.ts'
import { tinyImagenet } from './sets/tiny-imagenet.ts'

/** All kinds of data that are detected by their files, the general ones last. */
export const datasetKinds: readonly DatasetKind[] = [
  cifar10,
  cifar100,
  svhn,
  food101,
  aircraft,
  pets,
  cars,
  flowers,
  dtd,
  tinyImagenet,
  ade20k,
  cocoStuff,
  maskFolders,
  archives,
  labelsCsv,
  lists,
  clipLists,
]

/**
 * Kinds that are only used by name, and folders of class folders, which are assumed
 * if nothing else is detected.
 */
export const namedKinds: readonly DatasetKind[] = [
  ...datasetKinds,
  aircraftFamily,
  aircraftManufacturer,
  folders,
]
