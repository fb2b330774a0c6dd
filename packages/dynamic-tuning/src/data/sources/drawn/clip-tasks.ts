import { type ClipTask, direction, motion } from './motions.ts'

/** The tasks of drawn clips by name. */
export const clipTasks: Readonly<Record<string, ClipTask>> = { motion, direction }

/** Whether a drawn task is one of clips. */
export const isClipTask = (name: string): boolean => Object.hasOwn(clipTasks, name)
