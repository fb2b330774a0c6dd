import { asVit } from '../models/backbone-config.ts'
import { depthOf } from '../models/families.ts'
import { readsClassToken } from '../models/taps.ts'
import { defineTuner } from './tuner.ts'
import { promptStart, promptTuner, withoutPrompts, withPrompts } from './vpt.ts'

/**
 * VPT-shallow (arXiv:2203.12119): P trained prompts after the class token of the first layer's input. They
 * have no positions, and the head ignores their outputs. Weight: `prompt_embeddings` [1, P, C].
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
      // Prompts may stay if the head reads only the class token.
      leave: (x, _stages, { config, reads }) =>
        readsClassToken(reads, depthOf(config)) ? x : withoutPrompts(x, count),
    },
  }),
})
