import { taskNamed } from '../../tasks/registry.ts'

/** What VTAB-1K is judged by: its tasks classify images. */
export const [vtabMeasure] = taskNamed('classification').measures
