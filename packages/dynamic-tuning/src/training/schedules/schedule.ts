/** The learning rate at a step, counted from 0. */
export type Schedule = (step: number) => number
