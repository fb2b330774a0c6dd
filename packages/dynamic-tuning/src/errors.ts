import { messageText } from '@dynamic-tuning/engine'

/**
 * Base of all errors that the library throws deliberately. Form: *unit: what failed, got what. What to do.*
 * The message is one line that is safe to print (`messageText`), whatever names of files it quotes.
 */
export class TuningError extends Error {
  override name = 'TuningError'

  constructor(message = '') {
    super(messageText(message))
  }
}

/** An invalid setting or option. The command line exits with code 2. */
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

/** A required external program that is not installed. */
export class ToolError extends TuningError {
  override name = 'ToolError'
}

/**
 * A model that cannot be downloaded: no network, no such repository, no permission, or a file with
 * a wrong checksum.
 */
export class DownloadError extends TuningError {
  override name = 'DownloadError'
}
