import { taskNamed } from '../../tasks/registry.ts'

/** The measure of VTAB-1K, whose tasks classify images. */
export const [vtabMeasure] = taskNamed('classification').measures
