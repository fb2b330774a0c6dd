import { slice } from '@dynamic-tuning/engine'
import { asVit } from '../models/backbone-config.ts'
import { depthOf } from '../models/families.ts'
import { readsClassToken } from '../models/taps.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import { defineTuner } from './tuner.ts'
import { promptStart, promptTuner, withoutPrompts, withPrompts } from './vpt.ts'

/**
 * VPT-deep (arXiv:2203.12119): P prompts after the class token; each layer replaces the prompts of the layer
 * before with its own. `prompt_embeddings` [1, P, C] belong to the first layer, `deep_prompt_embeddings`
 * [L - 1, P, C] to the others.
 */
export const vptDeep = defineTuner({
  ...promptTuner,
  name: 'vpt-deep',
  summary: 'prompt tokens of its own before every layer',
  equation: 'x_i = [cls; P_i; patches] before every layer i',
  trainable: [/^(?:deep_)?prompt_embeddings$/],
  parameterFormula: 'L P D',
  parameterCount: ({ embedDim, depth }: VitConfig, { promptLength }) => depth * promptLength * embedDim,
  open: ({ promptLength: count }) => ({
    hooks: {
      enter(x, { root, config, index }) {
        const [width, start] = [config.embedDim, promptStart(asVit(config))]
        if (index === 0) return withPrompts(x, root.get('prompt_embeddings', [1, count, width], start))
        const all = root.get('deep_prompt_embeddings', [asVit(config).depth - 1, count, width], start)
        return withPrompts(withoutPrompts(x, count), slice(all, 0, index - 1, index))
      },
      leave: (x, _stages, { config, reads }) =>
        readsClassToken(reads, depthOf(config)) ? x : withoutPrompts(x, count),
    },
  }),
})
