import { adapterDropout, adapterOptions, adapterParameters, adaptersBeside } from './adapters-beside.ts'
import { dispatchedParts, type Part } from './parts.ts'
import { defineTuner, type TunerOptions } from './tuner.ts'

/** Adapters are parallel to the dispatched parts. */
const adapterParts = ({ dispatch }: TunerOptions): readonly Part[] =>
  dispatchedParts[dispatch === 'none' ? 'mlp' : dispatch]

/**
 * Dynamic Tuning (arXiv:2403.11808, Eq. 8): x' = x + M * Block(x) + A(x) for the dispatched parts of every
 * layer, where M is the token dispatcher's decision on x. Trains adapters, dispatchers and head.
 * With MLP dispatch: u = x + Attn(LN1(x)), x' = u + M * MLP(LN2(u)) + A(u).
 */
export const dyt = defineTuner({
  name: 'dyt',
  summary: 'Dynamic Tuning: adapters, and a dispatcher in every layer that lets some tokens skip it',
  paper: 'arXiv:2403.11808',
  equation: "x' = x + M Block(x) + s (ReLU(x Wd^T + bd) Wu^T + bu), M = [sigmoid(x Wg^T + bg) > 0.5]",
  family: 'adapter',
  trainable: [/\.adapt(?:attn|mlp|layer)\./],
  defaults: { bottleneck: 64, adapterScale: 0.1, adapterDropout: 0.1, dispatch: 'mlp', rate: 0.5 },
  uses: adapterOptions,
  parameterFormula: 'L (2 D h + h + D), for each dispatched part',
  parameterCount: (config, options) => adapterParameters(adapterParts(options), config, options),
  dropoutSites: (options) => adapterDropout(adapterParts(options), options),
  open: (options, pass) => adaptersBeside(adapterParts(options), options, pass),
})
