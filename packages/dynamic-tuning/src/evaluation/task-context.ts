/** What a task knows of the run that it judges, or answers for: a tuned model is one. */
export interface TaskContext {
  /** Names of the classes, in the order of the outputs. */
  readonly classes: readonly string[]
  /** Settings of the run, among them the task's own. */
  readonly settings: object
}
