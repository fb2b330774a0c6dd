import type { Dim, Tensor } from '@dynamic-tuning/engine'
import { buildModel } from '../models/build-model.ts'
import type { Model } from '../models/model.ts'
import { ownWeights } from '../models/own-weights.ts'
import { sampleInput } from '../models/samples/sample-layout.ts'
import type { Weights } from '../nn/weight-store.ts'
import { noReduction } from '../reduction/options.ts'
import { openReduction, reductionIn } from '../reduction/registry.ts'
import { type GateShape, gateShape } from '../tuners/dispatch-inputs.ts'
import { linearProbe } from '../tuners/linear.ts'
import { trainedPatterns, tune } from '../tuners/tune.ts'
import type { ChosenParts, NetworkParts } from './parts.ts'
import type { NetworkOutputs, NetworkPass } from './pass.ts'
import { isTraining, reductionMode, tunerPass } from './passes.ts'

/**
 * A backbone with its head, a tuning method and a token reduction. It builds the graph of every pass and
 * knows which weights are trained.
 */
export interface Network extends ChosenParts {
  /** The gates that the method adds to the model. */
  readonly gates: GateShape
  /**
   * Patterns of the trained weights: those of the method, the gates and the reduction, and what every method
   * trains (see `ownWeights`).
   */
  readonly tunable: readonly RegExp[]
  /**
   * The graph input of a batch: images [B, 3, H, W] or clips [B, 3, T, H, W]. `batch` is B, if it is fixed.
   */
  input(name?: string, batch?: Dim): Tensor
  /**
   * Builds the graph of one pass over `samples`. Depending on the pass, it has more graph inputs: `noise`
   * [D, I, n, 1] for I images or frames, `threshold` [D], `temperature` [], dropout and drop path factors.
   */
  pass(weights: Weights, samples: Tensor, pass: NetworkPass): NetworkOutputs
}

/**
 * Makes a network from its parts.
 * @example
 * ```ts
 * import { compile } from '@dynamic-tuning/engine'
 * import { modelConfig, modelOf, network, tunerNamed, WeightStore } from 'dynamic-tuning/models'
 *
 * const tuned = network({ ...modelOf(modelConfig('vit_tiny_patch16_224', 10)), tuner: tunerNamed('dyt') })
 * const { outputs } = tuned.pass(new WeightStore({ seed: 0 }), tuned.input(), { kind: 'complete' })
 * const program = await compile(outputs)
 * const { logits } = await program.run({ images: new Float32Array(3 * 224 * 224) })
 * console.log(logits?.shape) // [1, 10]
 * await program.release()
 * ```
 */
export function network(parts: NetworkParts): Network {
  const { config, sample, head, tuner = linearProbe, options = tuner.defaults, hooks = {} } = parts
  const { reduction = noReduction, dropPath = 0 } = parts
  const model: Model = { config, sample, head }
  return {
    ...{ ...model, tuner, options, reduction, dropPath, hooks },
    gates: gateShape(options, config),
    tunable: tunableOf({ config, head, tuner, options, reduction }),
    input: (name, batch) => sampleInput(sample, name, batch),
    pass(weights, samples, pass) {
      const tuned = tune(tuner, options, tunerPass(pass, { config, sample, tuner, options, dropPath }))
      const mode = reductionMode(pass, { options, reduction })
      const { hooks: ofReduction, ...reduced } = openReduction(reduction, mode, model)
      const all = { ...hooks, ...tuned.hooks, ...ofReduction }
      const outputs = buildModel(samples, weights, model, { hooks: all, training: isTraining(pass) })
      return { ...outputs, dispatches: tuned.dispatches, routes: tuned.routes, reduced }
    },
  }
}

type Trained = Pick<ChosenParts, 'config' | 'head' | 'tuner' | 'options' | 'reduction'>

function tunableOf({ config, head, tuner, options, reduction }: Trained): readonly RegExp[] {
  const patterns = [...trainedPatterns(tuner, options), ...ownWeights({ config, head })]
  const all = patterns.some((pattern) => pattern.test('predictor.0.fc_in.weight'))
  return all ? patterns : [...patterns, ...(reductionIn(reduction)?.trainable ?? [])]
}
