import { readFileSync } from 'node:fs'
import { constant, input, linear, matMul } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { modelOf } from '../models/model.ts'
import { modelConfig } from '../models/named-model.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { network } from '../network/network.ts'
import { type GivenReduction, reductionOptions } from '../reduction/options.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { dyt } from '../tuners/dyt.ts'
import { full } from '../tuners/full.ts'
import { linearProbe } from '../tuners/linear.ts'
import { tunerNamed } from '../tuners/registry.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { countCost } from './count-cost.ts'
import { countFlops, modelCost } from './model-cost.ts'

const base = vitConfig('vit_base_patch16_224', 100)
const giga = (count: number): string => (count / 1e9).toFixed(2)
const mega = (count: number | undefined): string => ((count ?? Number.NaN) / 1e6).toFixed(2)
const withWidth = (bottleneck: number, tuner: Tuner = dyt) => ({ ...tuner.defaults, bottleneck })
const reference = new URL('../../fixtures/reference/flops.json', import.meta.url)

describe('modelCost', () => {
  it('prints the published FLOPs', () => {
    expect(giga(modelCost({ network: network(modelOf(base)) }).flops.total)).toBe('17.58')
    for (const [bottleneck, printed] of [
      [8, '17.61'],
      [64, '17.81'],
    ] as const) {
      const cost = modelCost({
        network: network({
          ...modelOf(base),
          tuner: adaptformer,
          options: withWidth(bottleneck, adaptformer),
        }),
      })
      expect(giga(cost.flops.total)).toBe(printed)
    }
    const large = vitConfig('vit_large_patch16_224', 100)
    expect(giga(modelCost({ network: network({ ...modelOf(large), tuner: full }) }).flops.total)).toBe(
      '61.60',
    )
    // timm's model card of deit3_large_patch16_384 prints 191.2.
    const finer = modelCost({
      network: network({ ...modelOf(vitConfig('deit3_large_patch16_384')), tuner: full }),
    }).flops.total
    expect((finer / 1e9).toFixed(1)).toBe('191.2')
  })

  it('counts methods that merge as merged, and their parameters as trained', () => {
    const cost = (method: string, given: Partial<TunerOptions> = {}) => {
      const tuner = tunerNamed(method)
      return modelCost({
        network: network({ ...modelOf(base), tuner, options: { ...tuner.defaults, ...given } }),
        activeRate: 0.4,
      })
    }
    const plain = cost('linear')
    for (const method of ['lora', 'ssf', 'fact-tt', 'fact-tk']) {
      const { flops, params } = cost(method)
      expect(flops).toEqual(plain.flops)
      const own = tunerNamed(method).parameterCount(base, tunerNamed(method).defaults)
      expect(params.trainable - plain.params.trainable).toBe(own)
      expect(params.total - plain.params.total).toBe(own)
    }
    expect(cost('lora', { dispatch: 'mlp' }).flops).toEqual(cost('linear', { dispatch: 'mlp' }).flops)
    expect(cost('lora+adaptformer').flops).toEqual(cost('adaptformer').flops)
    expect(cost('noah').flops).toEqual(cost('noah', { loraDim: [0] }).flops)
    expect(cost('noah').params.trainable).toBeGreaterThan(cost('noah', { loraDim: [0] }).params.trainable)
  })

  it('prints the published FLOPs on fewer tokens', () => {
    const with_ = (tuner: Tuner, given: GivenReduction, bottleneck = 64) => {
      const options = { ...tuner.defaults, bottleneck: tuner.defaults.bottleneck && bottleneck }
      return modelCost({
        network: network({ ...modelOf(base), tuner, options, reduction: reductionOptions(given) }),
      })
    }
    const total = (tuner: Tuner, given: GivenReduction): string => giga(with_(tuner, given).flops.total)
    // Table 5: full + ToMe, AdaptFormer + ToMe, EViT, EViT + AdaptFormer.
    expect(total(full, { reduction: 'tome', tomeR: 8 })).toBe('13.12')
    expect(total(adaptformer, { reduction: 'tome', tomeR: 8 })).toBe('13.29')
    expect(total(full, { reduction: 'evit' })).toBe('11.62')
    expect(total(adaptformer, { reduction: 'evit' })).toBe('11.77')
    const dynamic = with_(full, { reduction: 'dynamicvit' })
    expect(dynamic.params.trainableParts.predictor).toBe(3 * 961730)
    expect(giga(dynamic.flops.total)).toBe('11.49')
    const narrow = with_(adaptformer, { reduction: 'dynamicvit' }, 8).params
    expect(narrow.trainableWithoutHead).toBe(3 * 961730 + 156768)
  })

  it('counts merging alone above the matrix products of blocks and embedding', () => {
    const { flops } = modelCost({
      network: network({
        ...modelOf(base),
        tuner: full,
        reduction: reductionOptions({ reduction: 'tome', tomeR: 8 }),
      }),
    })
    // The cosines of both halves, with keys averaged over 12 heads. Norms and head make up the rest of
    // the difference 13.12 - 13.10 G.
    const present = Array.from({ length: 12 }, (_, i) => 197 - 8 * i)
    const cosines = present.reduce((sum, t) => sum + Math.ceil(t / 2) * Math.floor(t / 2) * 64, 0)
    const norms = 5 * 768 * (present.reduce((sum, t) => sum + t + t - 8, 0) + 101)
    const heads = 768 * 100
    expect(flops.total - cosines - norms - heads).toBeCloseTo(13.1e9, -8)
    expect(flops.operators.LayerNormalization).toBe(norms)
    expect(flops.operators.MatMul).toBe(cosines)
  })

  it('counts the tokens present at each gate', () => {
    const reduction = reductionOptions({ reduction: 'tome', tomeR: 8 })
    const cost = (activeRate: number) =>
      modelCost({
        network: network({ ...modelOf(base), tuner: dyt, options: withWidth(64), reduction }),
        activeRate,
      }).flops
    const perToken = 2 * 768 * 3072
    const mlp = (rate: number, layer: number): number => cost(rate).parts[`blocks.${layer}.mlp`] as number
    for (const layer of [0, 11]) {
      const present = 196 - 8 * (layer + 1)
      expect(mlp(0.5, layer)).toBeCloseTo((1 + present / 2) * perToken, 2)
      expect(mlp(1, layer)).toBeCloseTo((1 + present) * perToken, 2)
    }
  })

  it('counts parameters: the paper prints the adapters alone', () => {
    const { params } = modelCost({
      network: network({ ...modelOf(base), tuner: dyt, options: withWidth(64) }),
    })
    expect(mega(params.trainableParts.adaptmlp)).toBe('1.19')
    expect(params.trainableParts).toEqual({
      adaptmlp: 12 * (2 * 768 * 64 + 64 + 768),
      mlp_token_select: 12 * (768 + 1),
      head: 768 * 100 + 100,
    })
    expect(params.trainableWithoutHead).toBe(1189632 + 9228)
    expect(params.trainable).toBe(1189632 + 9228 + 76900)
    // ViT-B/16 has 85,798,656 parameters below the head.
    expect(params.total).toBe(85798656 + params.trainable)
    const narrow = modelCost({
      network: network({ ...modelOf(base), tuner: adaptformer, options: withWidth(8, adaptformer) }),
    }).params
    expect(mega(narrow.trainableWithoutHead)).toBe('0.16')
    expect(modelCost({ network: network({ ...modelOf(base), tuner: full }) }).params.trainable).toBe(
      85798656 + 76900,
    )
  })

  it('names its parts by module, and they add up', () => {
    const { parts, total, operators } = modelCost({
      network: network({ ...modelOf(base), tuner: dyt }),
    }).flops
    expect(Object.keys(parts).filter((name) => !/^blocks\.([0-9]|10)\./.test(name))).toEqual([
      'patch_embed',
      'blocks.11.norm1',
      'blocks.11.attn',
      'blocks.11.adaptmlp',
      'blocks.11.mlp_token_select',
      'blocks.11.norm2',
      'blocks.11.mlp',
      'norm',
      'head',
    ])
    const sum = (values: Readonly<Record<string, number>>): number =>
      Object.values(values).reduce((a, b) => a + b, 0)
    expect(sum(parts)).toBeCloseTo(total, 3)
    expect(sum(operators)).toBeCloseTo(total, 3)
    expect(parts['blocks.3.mlp_token_select']).toBe(197 * 768)
    expect(parts['blocks.3.norm1']).toBe(5 * 197 * 768)
    expect(parts['blocks.3.norm2']).toBe(5 * (1 + 98) * 768)
    expect(parts['blocks.3.mlp']).toBe((1 + 98) * 8 * 768 * 768)
  })

  it('takes rates gate by gate', () => {
    const none = new Array(12).fill({ rate: 0 })
    const low = modelCost({ network: network({ ...modelOf(base), tuner: dyt }), gates: none }).flops.total
    const one = modelCost({
      network: network({ ...modelOf(base), tuner: dyt }),
      gates: none.with(4, { rate: 10 / 196 }),
    }).flops
    expect(one.total - low).toBeCloseTo(10 * (8 * 768 * 768 + 5 * 768), 3)
    expect(one.parts['blocks.4.mlp']).toBeCloseTo(11 * 8 * 768 * 768, 3)
    expect(modelCost({ network: network({ ...modelOf(base), tuner: dyt }), activeRate: 0 }).flops.total).toBe(
      low,
    )
  })

  it('computes registers in every layer, as the class token', () => {
    const config = { ...base, regTokens: 4, initValues: 1e-5 }
    const { flops, params } = modelCost({
      network: network({ ...modelOf(config), tuner: dyt }),
      activeRate: 0.5,
    })
    expect(flops.parts['blocks.3.mlp']).toBe((5 + 98) * 8 * 768 * 768)
    expect(flops.parts['blocks.3.norm1']).toBe(5 * 201 * 768)
    const plain = modelCost({ network: network({ ...modelOf(base), tuner: dyt }), activeRate: 0.5 }).params
    expect(params.total - plain.total).toBe(4 * 768 + 12 * 2 * 768)
    expect(params.trainable).toBe(plain.trainable)
  })

  it('refuses rates and counts that make no sense', () => {
    expect(() => modelCost({ network: network({ ...modelOf(base), tuner: dyt }), activeRate: 1.2 })).toThrow(
      ConfigError,
    )
    expect(() =>
      modelCost({ network: network({ ...modelOf(base), tuner: dyt }), activeRate: Number.NaN }),
    ).toThrow(/share from 0 to 1/)
    const two = [{ rate: 1 }, { rate: 1 }]
    expect(() => modelCost({ network: network({ ...modelOf(base), tuner: dyt }), gates: two })).toThrow(
      /2 rates for 12 gates/,
    )
  })
})

describe('countCost', () => {
  const weight = constant({ dtype: 'float32', shape: [3, 4], data: new Float32Array(12) }, 'stem.fc.weight')
  const x = input('x', ['B', 5, 4])

  it('counts what the outputs reach, once', () => {
    const y = linear(x, weight)
    const z = matMul(y, input('w', [3, 2]))
    expect(countCost([y, z, z], { B: 7 })).toEqual({
      total: 7 * 5 * (12 + 6),
      parts: { stem: 7 * 5 * (12 + 6) },
      operators: { Gemm: 7 * 5 * 12, MatMul: 7 * 5 * 6 },
    })
    expect(countCost([y], { B: 1 }).total).toBe(60)
  })

  it('refuses an open size', () => {
    expect(() => countCost([linear(x, weight)])).toThrow(/symbol B/)
  })
})

interface Breakdown {
  readonly total_macs: number
  readonly breakdown: Readonly<Record<string, number>>
  readonly counter_by_operator: Readonly<Record<string, number>>
}
interface Dispatched {
  readonly outside_blocks: number
  readonly per_block_independent_of_selection: number
  readonly per_block_for_each_selected_token: number
  readonly dispatcher_per_block: number
}

describe('modelCost beside the counts of the reference', () => {
  const read = () =>
    JSON.parse(readFileSync(reference, 'utf8')) as {
      models: Record<string, Breakdown>
      dyt_vit_b16: Record<string, Dispatched>
    }

  it.each([
    ['vit_b16', 'vit_base_patch16_224', linearProbe, 0],
    ['adaptformer_d8', 'vit_base_patch16_224', adaptformer, 8],
    ['adaptformer_d64', 'vit_base_patch16_224', adaptformer, 64],
    ['vit_l16', 'vit_large_patch16_224', linearProbe, 0],
  ] as const)('%s: every part', (name, model, tuner, bottleneck) => {
    const { total_macs, breakdown, counter_by_operator: counter } = read().models[name] as Breakdown
    const config = vitConfig(model, 100)
    const { total, parts, operators } = modelCost({
      network: network({ ...modelOf(config), tuner, options: withWidth(bottleneck, tuner) }),
    }).flops
    expect(total).toBe(total_macs)
    expect(parts.patch_embed).toBe(breakdown.patch_embedding)
    expect(parts.head).toBe(breakdown.head)
    expect(parts.norm).toBe(breakdown.final_layernorm)
    for (let i = 0; i < config.depth; i++) {
      const attention =
        (breakdown.attention_linear_per_block ?? 0) + (breakdown.attention_matmul_per_block ?? 0)
      const part = (module: string): number => parts[`blocks.${i}.${module}`] ?? 0
      expect(part('attn')).toBe(attention)
      expect(part('mlp')).toBe(breakdown.mlp_per_block)
      expect(part('norm1') + part('norm2')).toBe(breakdown.layernorm_per_block)
      expect(part('adaptmlp')).toBe(breakdown.adapter_per_block)
    }
    expect(operators.Gemm).toBe((counter.linear as number) + (counter.conv as number))
    expect(operators.MultiHeadAttention).toBe(counter.matmul)
    expect(operators.LayerNormalization).toBe(counter.layer_norm)
  })

  it.each([8, 16, 64])(
    'dispatched, d = %i: 768 per layer more, the dispatcher reading the class token',
    (d) => {
      const part = read().dyt_vit_b16[`d${d}`] as Dispatched
      for (const share of [0, 0.1, 0.5, 0.9, 1]) {
        const cost = modelCost({
          network: network({ ...modelOf(base), tuner: dyt, options: withWidth(d) }),
          activeRate: share,
        }).flops
        const perBlock =
          part.per_block_independent_of_selection +
          part.per_block_for_each_selected_token * (1 + share * 196) +
          768
        expect(cost.parts['blocks.0.mlp_token_select']).toBe(part.dispatcher_per_block + 768)
        expect(cost.total).toBeCloseTo(part.outside_blocks + 12 * perBlock, 2)
      }
    },
  )
})

describe('the cost of UPerNet on ViT-B/16 at 512 x 512', () => {
  const withClasses = (classes: number, method: string, given: Partial<TunerOptions> = {}) => {
    const segmentation = { head: 'upernet', channels: 768 } as const
    const config = modelConfig('vit_base_patch16_224', classes, { imageSize: [512, 512], segmentation })
    const tuner = tunerNamed(method)
    return network({ ...modelOf(config), tuner, options: { ...tuner.defaults, ...given } })
  }

  it('is what fvcore counts of the official model, part by part', () => {
    const { total, parts, operators } = countFlops({ network: withClasses(150, 'linear') })
    const block = (part: string) => parts[`blocks.11.${part}`]
    expect(total).toBe(605_369_588_736)
    expect(parts.patch_embed).toBe(603_979_776)
    expect(block('attn')).toBe(2_418_278_400 + 1_613_760_000)
    expect(block('mlp')).toBe(4_836_556_800)
    expect((block('norm1') as number) + (block('norm2') as number)).toBe(7_872_000)
    expect(parts.fpn1).toBe(12_079_595_520)
    expect(parts.fpn2).toBe(2_415_919_104)
    const ofHead = Object.entries(parts).filter(([name]) => name.startsWith('decode_head.'))
    expect(ofHead).toHaveLength(6)
    expect(ofHead.reduce((sum, [, cost]) => sum + cost, 0)).toBe(483_752_487_936)
    expect(Object.keys(parts).filter((name) => name.startsWith('auxiliary_head'))).toEqual([])
    const [ppm, lateral, smoothing] = [29_491_200 + 6_794_772_480, 12_683_575_296, 114_152_177_664]
    expect(operators.Conv).toBe(ppm + lateral + smoothing + 347_892_350_976 + 1_887_436_800)
    expect(operators.BatchNormalization).toBe(76_800 + 393_216 + 33_030_144 + 33_030_144 + 25_165_824)
    expect(operators.Resize).toBe(3_145_728 + 66_060_288 + 150_994_944)
    expect(operators.AdaptiveAveragePool).toBe(786_432)
  })

  it('counts trained weights of training too: the auxiliary head and the tables of biases', () => {
    const { params, flops } = modelCost({ network: withClasses(150, 'dyt', { bottleneck: 64, rate: 1 }) })
    // fvcore's count has no dispatcher logits of class tokens.
    expect(flops.total).toBe(606_588_165_120 + 12 * 768)
    expect(params.trainableParts).toEqual({
      attn: 571_968,
      adaptmlp: 1_189_632,
      mlp_token_select: 9_228,
      fpn1: 4_720_128,
      fpn2: 2_360_064,
      decode_head: 67_963_542,
      auxiliary_head: 1_808_534,
    })
    expect(params.trainable).toBe(78_623_096)
    expect(params.total - params.trainable).toBe(86_433_024)
    expect(params.trainableWithoutHead).toBe(1_189_632 + 9_228)
    const more = modelCost({ network: withClasses(171, 'dyt', { bottleneck: 64 }) }).params
    expect(more.trainable).toBe(78_644_642)
  })
})
