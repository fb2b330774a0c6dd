import { ConfigError } from '../../errors.ts'
import { dispatched, row } from './paper-row.ts'
import type { PaperRow, PaperTable } from './paper-table.ts'

const base = { model: 'vit_base_patch16_224', classes: 100 } as const
const large = { model: 'vit_large_patch16_224', classes: 100 } as const

function video(method: string, params: string, flops: string, like: PaperRow): PaperRow {
  return { ...like, method: `${method}, video`, params, flops, frames: 8, classes: 400 }
}

const classToken =
  'A dispatcher’s logit is counted for the class token too, 768 multiply-accumulates a layer of ViT-B: 9.2 k, below the printed digits.'

const variants: PaperTable = {
  ...base,
  number: 1,
  caption: 'variants of token dispatch, ViT-B/16, d = 64',
  rows: [
    dispatched('Attention Dispatch', ['1.19', '14.77'], { dispatch: 'attention' }),
    dispatched('MLP Dispatch', ['1.19', '12.21'], { dispatch: 'mlp' }),
    dispatched('Attention-MLP Dispatch', ['2.38', '12.93'], { dispatch: 'attention-mlp', rate: 0.7 }),
    dispatched('Layer Dispatch', ['1.19', '13.08'], { dispatch: 'layer', rate: 0.7 }),
  ],
  notes: [
    'All parameters agree: adapters without dispatchers. 2.38 M is two adapters a layer, 24 x 99,136; with their 24 dispatchers it would be 2.40 M.',
    'Attention Dispatch: inactive tokens are neither queries nor keys here. Were they keys, half of the tokens as queries would cost 16.07 G, above the printed 14.77 G.',
    classToken,
  ],
}

const experts: PaperTable = {
  ...base,
  number: 2,
  caption: 'MoE-adapters of N experts, ViT-B/16, d = 64',
  rows: [
    dispatched('DyT', ['1.19', '12.21'], {}),
    dispatched('DyT+ N=2', ['2.40', '12.58'], { experts: 2 }),
    dispatched('DyT+ N=4', ['4.80', '12.29'], { experts: 4 }),
    dispatched('DyT+ N=8', ['9.60', '12.44'], { experts: 8 }),
    dispatched('DyT+ N=12', ['14.40', '12.43'], { experts: 12 }),
  ],
  notes: [
    'Printed parameters are 1.20 M times N. Counted are experts and routers: 2.40, 4.80, 9.59, 14.39 M. With the 9.2 k of the dispatchers: 2.41, 4.80, 9.60, 14.40 M; without routers: 2.38, 4.76, 9.52, 14.28 M. No one way of counting gives all four.',
    'Merging the experts is counted, once for each image: 1.2 M multiply-accumulates for each expert. It does not explain the printed differences, which are no steady rise with N: those are the learned rates.',
    classToken,
  ],
}

const vtabBase: PaperTable = {
  ...base,
  number: 3,
  caption: 'methods on VTAB-1K, ViT-B/16, d = 8',
  rows: [
    row('Full tuning', '85.8', '17.58', 'full'),
    row('Frozen', '0.00', '17.58', 'linear'),
    row('Adapter', '0.16', '17.61', 'adapter-pfeiffer', { bottleneck: 8 }),
    row('BitFit', '0.10', '17.58', 'bitfit'),
    row('LoRA', '0.29', '17.58', 'lora'),
    row('VPT', '0.53', '18.30', 'vpt-deep'),
    row('SSF', '0.20', '17.58', 'ssf'),
    row('NOAH', '0.36', '17.58', 'noah'),
    row('ConvPass', '0.33', '17.64', 'convpass'),
    row('AdaptFormer', '0.16', '17.61', 'adaptformer', { bottleneck: 8 }),
    row('FacT-TT', '0.04', '17.58', 'fact-tt'),
    row('Res-Tuning', '0.51', '17.67', 'res-tuning'),
    dispatched('DyT r=0.5', ['0.16', '12.54'], { bottleneck: 8 }),
    dispatched('DyT r=0.7', ['0.16', '14.92'], { bottleneck: 8, rate: 0.7 }),
    dispatched('DyT r=0.9', ['0.16', '17.07'], { bottleneck: 8, rate: 0.9 }),
  ],
  notes: [
    'DyT: 0.16 M leaves the dispatchers out; with them it would be 0.17 M. Table 19 counts them.',
    'VPT: 0.53 M is 57.5 prompts a layer of ViT-B, but 18.30 G lies between 7 prompts (18.23) and 8 (18.32). The two figures are not of one model.',
    'LoRA, SSF and FacT-TT are counted merged into the dense weights, as are their printed FLOPs.',
    'SSF: 205,824 scales and shifts, one pair for every feature that a linear map, a norm or the patch embedding gives.',
    'NOAH: printed are sizes that were searched for on each task, counted prompts, LoRA and adapters of 5 in every layer. Without its prompts it would cost 17.60 G.',
    'FacT-TT: 0.06 M is a rank of 16; its authors choose a rank for each task.',
    'Res-Tuning: counted is the bypass that its authors released. The printed row is another form, with units in the attention and MLP.',
    'DyT: all three printed FLOPs are above those of the rate aimed at; the rates that give them are 0.04 to 0.06 higher.',
    classToken,
  ],
}

/** ToMe with r = 8; the others with the keep rates of their papers. */
function reduced(like: PaperRow, reduction: NonNullable<PaperRow['reduction']>['reduction']): PaperRow {
  return { ...like, reduction: { reduction } }
}

const narrow = { bottleneck: 8 }

const efficient: PaperTable = {
  ...base,
  number: 5,
  caption: 'efficient models on VTAB-1K, ViT-B/16, d = 8, ToMe with r = 8',
  rows: [
    reduced(row('DynamicViT', '88.7', '14.05', 'full'), 'dynamicvit'),
    reduced(row('DynamicViT+AdaptFormer', '3.10', '14.23', 'adaptformer', narrow), 'dynamicvit'),
    reduced(row('EViT', '85.8', '11.62', 'full'), 'evit'),
    reduced(row('EViT+AdaptFormer', '0.16', '11.77', 'adaptformer', narrow), 'evit'),
    reduced(row('Full tuning+ToMe', '85.8', '13.12', 'full'), 'tome'),
    reduced(row('AdaptFormer+ToMe', '0.16', '13.29', 'adaptformer', narrow), 'tome'),
    dispatched('DyT r=0.5', ['0.16', '12.54'], narrow),
    reduced(dispatched('DyT r=0.5+ToMe', ['0.16', '9.85'], narrow), 'tome'),
  ],
  notes: [
    'AdaptFormer: 0.16 M is d = 8, but 11.77 and 13.29 G are d = 64, which counts exactly these; d = 8 counts 11.64 and 13.14 G.',
    'DynamicViT: its published shares 0.7, 0.49 and 0.343 count 11.49 G. Shares of 0.834 and its powers would give the printed 14.05 G.',
    'DynamicViT+AdaptFormer: three predictors and adapters are 2,885,190 + 156,768 = 3.04 M.',
    'ToMe: 13.10 G of matrix products in embedding and blocks, and norms, cosines and head.',
    classToken,
  ],
}

const rows6 = {
  full: row('Full tuning', '85.8', '17.58', 'full'),
  linear: row('Linear', '0', '17.58', 'linear'),
  dynamicFull: row('Dynamic-Full', '85.8', '12.24', 'dynamic-full', { rate: 0.5 }),
  adaptformer: row('AdaptFormer', '1.19', '17.81', 'adaptformer', { bottleneck: 64 }),
  lora: row('LoRA', '1.19', '17.58', 'lora', { rank: 32, loraAlpha: 32 }),
  vpt: row('VPT', '0.07', '18.32', 'vpt-deep', { promptLength: 8 }),
  dyt: dispatched('DyT', ['1.19', '12.21'], {}),
  experts: dispatched('DyT+ N=4', ['4.80', '12.29'], { experts: 4 }),
} as const

const imagesAndVideos: PaperTable = {
  ...base,
  number: 6,
  caption: 'methods on complete sets of images, and of videos of 8 frames, ViT-B/16, d = 64',
  rows: [
    ...Object.values(rows6),
    video('Full tuning', '85.8', '142.53', rows6.full),
    video('Linear', '0', '142.53', rows6.linear),
    video('Dynamic-Full', '85.8', '107.67', rows6.dynamicFull),
    video('AdaptFormer', '1.19', '144.39', rows6.adaptformer),
    video('LoRA', '1.19', '142.53', rows6.lora),
    video('VPT', '0.07', '148.44', rows6.vpt),
    video('DyT', '1.19', '108.31', rows6.dyt),
    video('DyT+ N=4', '4.80', '105.45', rows6.experts),
  ],
  notes: [
    'Videos: 8 images without their head, and a head for 400 classes in which one query attends to all 8 x 197 tokens (1.875 G). The 2.37 M parameters of its query and pooling are counted in no row.',
    'VPT: 0.07 M and 18.32 G are 8 prompts a layer. In a video the query does not attend to them; if it did, 148.52 G.',
    'LoRA: r = 32 on query and value, or on the whole of qkv, has 1.18 M parameters, not 1.19. It is counted merged, as is its printed cost.',
    classToken,
  ],
}

const bottlenecks: PaperTable = {
  ...base,
  number: 8,
  caption: 'bottleneck of the adapter, ViT-B/16',
  rows: [
    dispatched('d=1', ['0.03', '12.11'], { bottleneck: 1 }),
    dispatched('d=4', ['0.08', '11.89'], { bottleneck: 4 }),
    dispatched('d=16', ['0.30', '12.06'], { bottleneck: 16 }),
    dispatched('d=64', ['1.19', '12.21'], { bottleneck: 64 }),
    dispatched('d=256', ['4.73', '13.32'], { bottleneck: 256 }),
  ],
  notes: [
    'At one rate FLOPs rise with d. The printed ones fall from d = 1 to d = 4: the learned rates differ.',
    classToken,
  ],
}

const segmentation: PaperTable = {
  ...base,
  number: 10,
  caption: 'semantic segmentation on ADE20K, ViT-B/16 with UPerNet, 512 x 512, d = 64',
  classes: 150,
  setup: { imageSize: [512, 512], segmentation: { head: 'upernet', channels: 768 } },
  cut: true,
  rows: [
    row('Full tuning', '85.8', '605.36', 'full'),
    row('Linear', '0', '605.36', 'linear'),
    row('Dynamic-Full', '85.8', '582.46', 'dynamic-full', { rate: 0.5 }),
    row('AdaptFormer', '1.19', '606.57', 'adaptformer', { bottleneck: 64 }),
    row('LoRA', '1.19', '605.36', 'lora', { rank: 32, loraAlpha: 32 }),
    row('VPT', '0.07', '606.36', 'vpt-deep', { promptLength: 8 }),
    dispatched('DyT', ['1.19', '584.57'], {}),
    dispatched('DyT+ N=4', ['4.80', '584.40'], { experts: 4 }),
  ],
  notes: [
    'FLOPs are those of one window with logits at 128 x 128, as fvcore counts them: 2 for an element of a batch norm, 4 for one of a bilinear resize, 1 for each input of an adaptive pooling, 5 for an element of a layer norm. The last resize to the image and the auxiliary head do not count. Batch norms count although inference folds them into the convolutions.',
    'Printed FLOPs are cut after two digits, not rounded, and so are ours: 605.370 and 606.579 G are counted.',
    'Full tuning: 85.8 M are those of ViT-B/16 at 224. At 512 it has 1025 positions and no final norm, 86.4 M.',
    'LoRA: r = 32 on query and value has 1.18 M parameters, not 1.19. It is counted merged, as is its printed cost.',
    'VPT: 8 prompts a layer have the printed 0.07 M parameters and cost 0.984 G; between the printed rows is 1.00 G.',
    'UPerNet takes 483.8 G, and with the transposed convolutions before it 82 % of all, which Dynamic Tuning does not change: with no token active at all 548.6 G remain.',
    'A dispatcher’s logit is counted for the class token too, 768 multiply-accumulates a layer: 9.2 k. Dispatchers cost 9.4 M in all.',
  ],
}

const detection: PaperTable = {
  ...base,
  number: 11,
  caption: 'detection and instance segmentation on COCO, ViTDet with Mask R-CNN, d = 128',
  lacks: 'detection heads are not built',
  rows: [
    row('Full tuning', '85.8', '554.86', 'full'),
    row('AdaptFormer', '2.56', '564.53', 'adaptformer', { bottleneck: 128 }),
    dispatched('DyT', ['2.56', '468.40'], { bottleneck: 128 }),
    dispatched('DyT+ N=4', ['10.24', '466.32'], { bottleneck: 128, experts: 4 }),
  ],
  notes: [
    'Parameters are those in the backbone. Adapters of d = 128 have 2.37 M, not 2.56, and no whole d gives 2.56. FLOPs speak for d = 128: 9.66 G on 64 x 64 tokens, and AdaptFormer prints 9.67 G more than full tuning.',
    'DyT+ N=4 prints 4 times 2.56 M. Four experts of d = 128 and their routers have 9.52 M.',
  ],
}

const swin: PaperTable = {
  number: 17,
  caption: 'Swin-B, MLP dispatch, d = 64',
  model: 'swin_base_patch4_window7_224',
  classes: 100,
  rows: [
    row('Full tuning', '86.74', '15.40', 'full'),
    ...(
      [
        [0.1, '10.72'],
        [0.3, '12.07'],
        [0.5, '13.25'],
        [0.7, '14.05'],
        [0.9, '15.23'],
      ] as const
    ).map(([rate, flops]) => dispatched(`DyT r=${rate}`, ['1.55', flops], { rate })),
  ],
  notes: [
    'Full tuning: 15.47 G by the rules that give all other printed figures. With 1 instead of 5 for an element of a layer norm it is 15.44 G, of linear maps and attention products alone 15.41 G: no rule gives 15.40, which is the 15.4 commonly quoted.',
    'DyT: the MLPs of all 24 blocks cost 9.87 G, 411 M each, but from r = 0.1 to 0.9 the printed figures rise by 4.51 G where these would rise by 7.90 G: as if 14 of the 24 could skip tokens. Counted is what the text says, a dispatcher in every block; rates are means over blocks, as an MLP costs the same in every stage.',
    'DyT: 1.55 M is an adapter of d = 64 in each of the 24 blocks, 128 to 1024 features wide.',
  ],
}

const largeComplete: PaperTable = {
  ...large,
  number: 18,
  caption: 'complete sets of images, ViT-L/16, d = 64',
  rows: [
    row('Full tuning', '303.3', '61.60', 'full'),
    ...(
      [
        [0.1, '32.56'],
        [0.3, '36.77'],
        [0.5, '43.79'],
        [0.7, '51.11'],
        [0.9, '60.05'],
      ] as const
    ).map(([rate, flops]) => dispatched(`DyT r=${rate}`, ['3.17', flops], { rate })),
  ],
  notes: [
    'r = 0.1: 32.56 G needs a quarter of the tokens active, two and a half times as many as aimed at.',
    'A dispatcher’s logit is counted for the class token too, 1024 multiply-accumulates a layer: 24.6 k.',
  ],
}

const largeVtab: PaperTable = {
  ...large,
  number: 19,
  caption: 'VTAB-1K, ViT-L/16, d = 8',
  rows: [
    row('Full tuning', '303.3', '61.60', 'full'),
    dispatched('DyT r=0.5', ['0.44', '43.52'], { bottleneck: 8 }),
  ],
  notes: [
    'DyT: adapters of d = 8 have 0.42 M. With the 24.6 k of the dispatchers it is the printed 0.44 M, although Tables 3 and 18 leave dispatchers out.',
    'A dispatcher’s logit is counted for the class token too, 1024 multiply-accumulates a layer: 24.6 k.',
  ],
}

/** The tables of the paper that give parameters and FLOPs. */
export const paperTables: readonly PaperTable[] = [
  variants,
  experts,
  vtabBase,
  efficient,
  imagesAndVideos,
  bottlenecks,
  segmentation,
  detection,
  swin,
  largeComplete,
  largeVtab,
]

/**
 * Returns the table with this number.
 * @throws ConfigError naming the known numbers
 */
export function paperTable(number: number): PaperTable {
  const found = paperTables.find((table) => table.number === number)
  if (found) return found
  const known = paperTables.map((table) => table.number)
  throw new ConfigError(
    `flops: no parameters and FLOPs are known of table ${number}. Choose one of ${known.join(', ')}.`,
  )
}
