import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { modelOf } from '../../models/model.ts'
import { modelConfig } from '../../models/named-model.ts'
import { vitConfig } from '../../models/vit/vit-names.ts'
import { network } from '../../network/network.ts'
import { reductionOptions } from '../../reduction/options.ts'
import { tunerNamed, tuners } from '../../tuners/registry.ts'
import { modelCost } from '../model-cost.ts'
import { type CountedRow, configOf, countPaperTable } from './count-paper-table.ts'
import { paperTable, paperTables } from './paper-tables.ts'

const fixtures = new URL('../../../fixtures/', import.meta.url)
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, fixtures), 'utf8'))
const counted = new Map(paperTables.map((table) => [table.number, countPaperTable(table).rows]))
const rowsOf = (number: number): Record<string, CountedRow> =>
  Object.fromEntries((counted.get(number) ?? []).map((row) => [row.method, row]))
/** 12 adapters with their biases. */
const adapters = (d: number, depth = 12, width = 768): number => depth * (2 * width * d + d + width)
const static16 = 17_582_049_024
/** What one adapter of every layer costs an image. */
const adapterMacs = (d: number): number => 12 * 197 * 2 * 768 * d
const half = (d: number): number =>
  static16 + adapterMacs(d) + 12 * (197 * 768 - 98 * (8 * 768 ** 2 + 5 * 768))

describe('tables of the paper', () => {
  it('are found by number', () => {
    expect(paperTables.map(({ number }) => number)).toEqual([1, 2, 3, 5, 6, 8, 10, 11, 17, 18, 19])
    expect(() => paperTable(4)).toThrow(ConfigError)
    expect(() => paperTable(4)).toThrow('of table 4. Choose one of 1, 2, 3, 5, 6, 8, 10, 11, 17, 18, 19.')
  })

  it('count what a closed formula gives', () => {
    const [variants, experts, vtab, widths] = [rowsOf(1), rowsOf(2), rowsOf(3), rowsOf(8)]
    expect(variants['MLP Dispatch']?.flopsG.ours).toBeCloseTo(half(64) / 1e9, 9)
    expect(variants['MLP Dispatch']?.paramsM.ours).toBe(adapters(64) / 1e6)
    expect(variants['Attention-MLP Dispatch']?.paramsM.ours).toBe((2 * adapters(64)) / 1e6)
    for (const count of [2, 4, 8, 12])
      expect(experts[`DyT+ N=${count}`]?.paramsM.ours).toBe((count * (adapters(64) + 12 * 768)) / 1e6)
    expect(vtab.Frozen?.flopsG.ours).toBe(static16 / 1e9)
    expect(vtab.AdaptFormer?.flopsG.ours).toBe((static16 + adapterMacs(8)) / 1e9)
    // Merged, they are the plain model.
    for (const method of ['LoRA', 'SSF', 'FacT-TT', 'BitFit'])
      expect([method, vtab[method]?.flopsG.ours]).toEqual([method, static16 / 1e9])
    expect(rowsOf(6).LoRA).toMatchObject({
      paramsM: { ours: (12 * 4 * 768 * 32) / 1e6 },
      flopsG: { ours: static16 / 1e9, agrees: true },
    })
    expect(vtab['DyT r=0.5']?.flopsG.ours).toBeCloseTo(half(8) / 1e9, 9)
    for (const d of [1, 4, 16, 64, 256]) {
      expect(widths[`d=${d}`]?.paramsM).toMatchObject({ ours: adapters(d) / 1e6, agrees: true })
      expect(widths[`d=${d}`]?.flopsG.ours).toBeCloseTo(half(d) / 1e9, 9)
    }
    expect(rowsOf(19)['DyT r=0.5']?.paramsM.ours).toBe(adapters(8, 24, 1024) / 1e6)
    expect(rowsOf(11).DyT).toMatchObject({
      missing: 'detection heads are not built',
      paramsM: { ours: adapters(128) / 1e6, agrees: false },
      flopsG: { paper: 468.4 },
    })
  })

  it('agree with every printed figure without a learned rate, but for those the notes name', () => {
    const differing = [...counted].flatMap(([number, rows]) =>
      rows.flatMap(({ method, paramsM, flopsG, rate }) => [
        ...(paramsM.agrees === false ? [`${number} ${method}: parameters`] : []),
        ...(flopsG.agrees === false && rate === undefined ? [`${number} ${method}: FLOPs`] : []),
      ]),
    )
    expect(differing).toEqual([
      '2 DyT+ N=8: parameters',
      '2 DyT+ N=12: parameters',
      '3 VPT: parameters',
      '3 VPT: FLOPs',
      '3 SSF: parameters',
      '3 NOAH: parameters',
      '3 NOAH: FLOPs',
      '3 FacT-TT: parameters',
      '3 Res-Tuning: parameters',
      '3 Res-Tuning: FLOPs',
      '5 DynamicViT: FLOPs',
      '5 DynamicViT+AdaptFormer: parameters',
      '5 DynamicViT+AdaptFormer: FLOPs',
      '5 EViT+AdaptFormer: FLOPs',
      '5 AdaptFormer+ToMe: FLOPs',
      '6 LoRA: parameters',
      '6 LoRA, video: parameters',
      '6 VPT, video: FLOPs',
      '10 Full tuning: parameters',
      '10 Dynamic-Full: parameters',
      '10 LoRA: parameters',
      '10 VPT: FLOPs',
      '11 AdaptFormer: parameters',
      '11 DyT: parameters',
      '11 DyT+ N=4: parameters',
      '17 Full tuning: FLOPs',
      '19 DyT r=0.5: parameters',
    ])
  })

  it('give a rate for every printed figure of a model that dispatches, and it gives the print', () => {
    for (const table of paperTables) {
      const found = rowsOf(table.number)
      for (const row of table.rows) {
        const { method, tuner = '', options, reduction } = row
        const { rateOfPrint: rate, flopsG } = found[method] as CountedRow
        if (options?.rate === undefined || flopsG.ours === undefined) continue
        const config = configOf(row, table)
        const named = tunerNamed(tuner)
        const settings = {
          network: network({
            ...modelOf(config),
            tuner: named,
            options: { ...named.defaults, ...options },
            reduction: reductionOptions(reduction),
          }),
        }
        const total = modelCost({ ...settings, activeRate: rate as number }).flops.total
        expect(total / 1e9).toBeCloseTo(flopsG.paper, 9)
      }
    }
    expect(rowsOf(3)['DyT r=0.5']?.rateOfPrint).toBeCloseTo(0.543275, 6)
    expect(rowsOf(1)['Attention Dispatch']?.rateOfPrint).toBeCloseTo(0.542432, 6)
  })

  it('list methods that are not in the registry with the paper’s figures alone', () => {
    const table = {
      ...paperTable(3),
      rows: [{ method: 'X', params: '0.50', flops: '17.60', tuner: 'no-such' }],
    }
    expect(countPaperTable(table).rows).toEqual([
      { method: 'X', missing: 'no-such is not built', paramsM: { paper: 0.5 }, flopsG: { paper: 17.6 } },
    ])
    const names = tuners.map(({ name }) => name)
    for (const { method, tuner = '' } of paperTable(3).rows)
      expect(rowsOf(3)[method]?.missing === undefined).toBe(names.includes(tuner))
  })
})

describe('what the notes say', () => {
  const digits = (count: number, places = 2): string => count.toFixed(places)
  const million = (count: number): string => digits(count / 1e6)

  it('Table 17: what Swin-B costs by other rules, and how its printed FLOPs rise', () => {
    const config = modelConfig('swin_base_patch4_window7_224', 100)
    const { flops } = modelCost({ network: network({ ...modelOf(config), tuner: tunerNamed('linear') }) })
    expect(flops.total).toBe(15_466_904_576)
    const {
      LayerNormalization: norms = 0,
      Gemm: maps = 0,
      MultiHeadAttention: products = 0,
    } = flops.operators
    expect(digits((flops.total - (4 / 5) * norms) / 1e9)).toBe('15.44')
    const embedding = 56 ** 2 * 48 * 128
    expect(digits((maps + products - embedding) / 1e9)).toBe('15.41')
    const blocks = Object.entries(flops.parts).filter(([name]) => name.endsWith('.mlp'))
    const mlps = blocks.map(([, cost]) => cost)
    expect(new Set(mlps)).toEqual(new Set([411_041_792]))
    const all = mlps.reduce((sum, cost) => sum + cost, 0)
    expect(digits(all / 1e9)).toBe('9.87')
    const rise = Number(rowsOf(17)['DyT r=0.9']?.flopsG.paper) - Number(rowsOf(17)['DyT r=0.1']?.flopsG.paper)
    const ours = Number(rowsOf(17)['DyT r=0.9']?.flopsG.ours) - Number(rowsOf(17)['DyT r=0.1']?.flopsG.ours)
    expect([digits(rise), digits(ours)]).toEqual(['4.51', '7.90'])
    expect(Math.round((24 * rise) / ours)).toBe(14)
  })

  it('Table 1: two adapters, and attention with all tokens as keys', () => {
    expect(million(2 * (adapters(64) + 12 * 769))).toBe('2.40')
    const complete = static16 + adapterMacs(64) + 12 * 197 * 768
    const spared = 12 * 98 * (2 * 768 ** 2 + 2 * 768 * 197)
    expect(digits((complete - spared) / 1e9)).toBe('16.07')
  })

  it('Table 2: ways of counting experts', () => {
    const [gates, routers] = [12 * 769, 12 * 768]
    const ways = [(n: number) => n * (adapters(64) + routers) + gates, (n: number) => n * adapters(64)]
    expect(ways.map((way) => [2, 4, 8, 12].map((n) => million(way(n))))).toEqual([
      ['2.41', '4.80', '9.60', '14.40'],
      ['2.38', '4.76', '9.52', '14.28'],
    ])
  })

  it('Tables 3, 6 and 19: prompts, LoRA, dispatchers', () => {
    expect(digits(0.53e6 / (12 * 768), 1)).toBe('57.5')
    const prompted = (prompts: number): number => {
      const n = 197 + prompts
      return 115_605_504 + 76_800 + 5 * 768 * n + 12 * (n * (12 * 768 ** 2 + 10 * 768) + 2 * 768 * n * n)
    }
    expect(prompted(0)).toBe(static16)
    expect([7, 8].map((prompts) => digits(prompted(prompts) / 1e9))).toEqual(['18.23', '18.32'])
    const noah = tunerNamed('noah')
    const sizes = { ...noah.defaults, visualPromptDim: [0], loraDim: [0] }
    const unprompted = network({
      ...modelOf(vitConfig('vit_base_patch16_224', 100)),
      tuner: noah,
      options: sizes,
    })
    expect(digits(modelCost({ network: unprompted }).flops.total / 1e9)).toBe('17.60')
    expect(million(12 * 768 * 8)).toBe('0.07')
    expect(million(12 * 2 * 32 * (768 + 768))).toBe('1.18')
    expect(million(12 * 32 * (768 + 3 * 768))).toBe('1.18')
    expect(million(adapters(8) + 12 * 769)).toBe('0.17')
    expect(million(adapters(8, 24, 1024) + 24 * 1025)).toBe('0.44')
  })

  it('Table 6: query and pooling of videos', () => {
    const config = configOf({ frames: 8 }, { model: 'vit_base_patch16_224', classes: 400 })
    const { params, flops } = modelCost({ network: network(modelOf(config)) })
    expect(million(params.trainable - 400 * 769)).toBe('2.37')
    expect(params.trainableWithoutHead).toBe(0)
    expect(digits((flops.parts.attentive_blocks as number) / 1e9, 3)).toBe('1.875')
    const prompts = 8 * 8 * (2 * 768 ** 2 + 3 * 5 * 768 + 2 * 768)
    const vpt = rowsOf(6)['VPT, video']?.flopsG.ours as number
    expect([digits(vpt), digits(vpt + prompts / 1e9)]).toEqual(['148.45', '148.52'])
  })

  it('Table 10: what is cut, what UPerNet takes, and rates of the printed figures', () => {
    const rows = rowsOf(10)
    const flops = (method: string): unknown => rows[method]?.flopsG
    expect(flops('Full tuning')).toEqual({
      ...{ paper: 605.36, ours: 605.369588736, text: '605.36', agrees: true },
    })
    for (const method of ['Linear', 'LoRA']) expect(flops(method)).toEqual(flops('Full tuning'))
    expect(flops('AdaptFormer')).toEqual({
      ...{ paper: 606.57, ours: 606.578727936, text: '606.57', agrees: true },
    })
    // A token that skips an MLP saves its two linear maps and a norm; class tokens never do.
    const dyt = 606.578727936 + (12 * 1024 * 768 + 12 * 768) / 1e9
    const saved = 2 * 4 * 768 ** 2 + 5 * 768
    expect(rows.DyT?.flopsG.ours).toBeCloseTo(dyt - (12 * 512 * saved) / 1e9, 9)
    expect(digits(dyt - (12 * 1024 * saved) / 1e9, 1)).toBe('548.6')
    expect(rows.DyT?.rateOfPrint).toBeCloseTo(0.6206, 4)
    expect(rows['DyT+ N=4']?.rateOfPrint).toBeCloseTo(0.6176, 4)
    expect(rows['Dynamic-Full']?.rateOfPrint).toBeCloseTo(0.605, 3)
    expect(rows.VPT?.flopsG.ours).toBeCloseTo(605.369588736 + 0.984, 3)
    expect(Math.round((100 * (483.752487936 + 14.495514624)) / 605.369588736)).toBe(82)
    expect(million((rows['Full tuning']?.paramsM.ours as number) * 1e6)).toBe('86.43')
  })

  it('Tables 11 and 17: widths of adapters', () => {
    const widths = Array.from({ length: 300 }, (_, d) => million(adapters(d)))
    expect(widths).not.toContain('2.56')
    expect(digits((4096 * 12 * 2 * 768 * 128) / 1e9)).toBe('9.66')
    const stages = [
      [2, 128],
      [2, 256],
      [18, 512],
      [2, 1024],
    ] as const
    expect(million(stages.reduce((sum, [blocks, width]) => sum + adapters(64, blocks, width), 0))).toBe(
      '1.55',
    )
  })
})

describe('tables of the paper beside those in print', () => {
  type Tables = Record<
    string,
    { columns: string[]; rows: { method: string; values: (number | null)[] }[] } | string
  >
  const names: Readonly<Record<number, string>> = {
    1: 'table1_variants',
    2: 'table2_moe',
    3: 'table3_vtab1k_vit_b',
    5: 'table5_efficient',
    6: 'table6_image_video',
    8: 'table8_bottleneck',
    10: 'table10_segmentation',
    11: 'table11_detection',
    17: 'table17_swin_b',
    18: 'table18_vit_l',
    19: 'table19_vtab1k_vit_l',
  }

  it.each(paperTables.map((table) => [table.number, table] as const))(
    'Table %i: every figure',
    (number, table) => {
      const given = (read('paper/tables.json') as Tables)[names[number] as string]
      if (given === undefined || typeof given === 'string') throw new Error('no such table')
      const find = (values: readonly unknown[], column: string) => values[given.columns.indexOf(column)]
      const images = table.rows.filter(({ frames }) => frames === undefined)
      const flops = number === 6 ? 'image_flops_G' : 'flops_G'
      expect(images.map((row) => [row.method, Number(row.params), Number(row.flops)])).toEqual(
        given.rows.map(({ method, values }) => [method, find(values, 'params_M'), find(values, flops)]),
      )
      const videos = table.rows.filter(({ frames }) => frames !== undefined)
      const printed = number === 6 ? given.rows.map(({ values }) => find(values, 'video_flops_G')) : []
      expect(videos.map((row) => Number(row.flops))).toEqual(printed)
    },
  )

  it('counts what the reference counts', () => {
    const { models, dyt_vit_b16: dispatched } = read('reference/flops.json') as {
      models: Record<string, { total_macs: number; breakdown: { pooling_total: number; head: number } }>
      dyt_vit_b16: Record<string, { giga_at_active_rate: Record<string, number> }>
    }
    const total = (name: string): number => (models[name]?.total_macs as number) / 1e9
    const [vtab, complete, widths] = [rowsOf(3), rowsOf(6), rowsOf(8)]
    expect(vtab['Full tuning']?.flopsG.ours).toBe(total('vit_b16'))
    expect(vtab.AdaptFormer?.flopsG.ours).toBe(total('adaptformer_d8'))
    expect(complete.AdaptFormer?.flopsG.ours).toBe(total('adaptformer_d64'))
    expect(rowsOf(18)['Full tuning']?.flopsG.ours).toBe(total('vit_l16'))
    expect(rowsOf(17)['Full tuning']?.flopsG.ours).toBe(total('swin_b'))
    expect(complete['Full tuning, video']?.flopsG.ours).toBe(total('video_8_frames_400_classes'))
    const { breakdown } = models.video_8_frames_400_classes as (typeof models)[string]
    const config = { ...vitConfig('vit_base_patch16_224', 400), frames: 8 }
    const { parts } = modelCost({ network: network(modelOf(config)) }).flops
    const { attentive_blocks = 0, query_token = 0, head } = parts
    expect(attentive_blocks + query_token).toBe(breakdown.pooling_total)
    expect(head).toBe(breakdown.head)
    const reference = (d: number, rate: string): number =>
      dispatched[`d${d}`]?.giga_at_active_rate[rate] as number
    // The reference gives six decimals and leaves the class token's logit out.
    const logits = (12 * 768) / 1e9
    for (const rate of ['0.5', '0.7', '0.9'])
      expect(vtab[`DyT r=${rate}`]?.flopsG.ours).toBeCloseTo(reference(8, rate) + logits, 2)
    expect(widths['d=16']?.flopsG.ours).toBeCloseTo(reference(16, '0.5') + logits, 5)
    expect(widths['d=64']?.flopsG.ours).toBeCloseTo(reference(64, '0.5') + logits, 5)
  })
})
