/** What a task may read of the run, such as a tuned model, whose outputs it interprets. */
export interface TaskContext {
  /** Names of the classes, in the order of the outputs. */
  readonly classes: readonly string[]
  /** Settings of the run, including the task's own. */
  readonly settings: object
}
