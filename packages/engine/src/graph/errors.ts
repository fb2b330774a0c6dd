import { messageText } from './message-text.ts'

/**
 * Base of all errors that the engine throws. Form of a message: *unit: what failed, got what. What to do.*
 * It is one line that is safe to print (`messageText`).
 */
export class EngineError extends Error {
  override name = 'EngineError'

  constructor(message = '') {
    super(messageText(message))
  }
}

/** Sizes or ranks that do not fit together. */
export class ShapeError extends EngineError {
  override name = 'ShapeError'
}

/** An element type that an operator or a device does not accept. */
export class DTypeError extends EngineError {
  override name = 'DTypeError'
}

/** A graph that cannot be built, differentiated, compiled or run. */
export class GraphError extends EngineError {
  override name = 'GraphError'
}

/** A file (ONNX model) that does not follow its format. */
export class FormatError extends EngineError {
  override name = 'FormatError'
}
