import { asVit } from '../models/backbone-config.ts'
import { depthOf } from '../models/families.ts'
import { readsClassToken } from '../models/taps.ts'
import { defineTuner } from './tuner.ts'
import { promptStart, promptTuner, withoutPrompts, withPrompts } from './vpt.ts'

/**
 * VPT-shallow (arXiv:2203.12119): P prompts, trained, after the class token of what enters the first layer. They have no
 * positions, and their outputs are not classified. `prompt_embeddings` [1, P, C].
 */
export const vptShallow = defineTuner({
  ...promptTuner,
  name: 'vpt-shallow',
  summary: 'prompt tokens before the first layer',
  equation: 'x0 = [cls; P; patches]',
  trainable: [/^prompt_embeddings$/],
  parameterFormula: 'P D',
  parameterCount: ({ embedDim }, { promptLength }) => promptLength * embedDim,
  open: ({ promptLength: count }) => ({
    hooks: {
      tokens: (x, { root, config }) =>
        withPrompts(
          x,
          root.get('prompt_embeddings', [1, count, config.embedDim], promptStart(asVit(config))),
        ),
      // The class token alone would not mind them.
      leave: (x, _stages, { config, reads }) =>
        readsClassToken(reads, depthOf(config)) ? x : withoutPrompts(x, count),
    },
  }),
})
