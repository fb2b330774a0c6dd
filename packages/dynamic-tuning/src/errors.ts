/** Base of every error the library throws on purpose. Form: *unit: what failed, got what. What to do.* */
export class TuningError extends Error {
  override name = 'TuningError'
}

/** A setting or option that makes no sense. The command line ends with exit code 2. */
export class ConfigError extends TuningError {
  override name = 'ConfigError'
}

/** Weights that cannot be read, or do not fit the model. */
export class CheckpointError extends TuningError {
  override name = 'CheckpointError'
}

/** Images, lists, archives or folders of a dataset that cannot be used. */
export class DataError extends TuningError {
  override name = 'DataError'
}

/** A run folder that is missing, locked, damaged or from another version. */
export class RunError extends TuningError {
  override name = 'RunError'
}

/** A program that is needed beside this one, and not installed. */
export class ToolError extends TuningError {
  override name = 'ToolError'
}

/** A model that cannot be fetched: no network, no such repository, no permission, or another file than was promised. */
export class DownloadError extends TuningError {
  override name = 'DownloadError'
}
