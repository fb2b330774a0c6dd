import { writeFileSync } from 'node:fs'

const vit = {
  imageSize: [32, 32],
  patchSize: 8,
  embedDim: 24,
  depth: 2,
  numHeads: 2,
  mlpRatio: 2,
  numClasses: 5,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}
const swin = {
  family: 'swin',
  imageSize: [32, 32],
  patchSize: 4,
  embedDim: 8,
  depths: [2, 2],
  numHeads: [1, 2],
  windowSize: 4,
  mlpRatio: 2,
  numClasses: 5,
  layerNormEps: 1e-5,
  qkvBias: true,
}

/** Shapes of the parts that both families have, under timm's names. */
function blockShapes(name, dim, heads) {
  const window = swin.windowSize * 2 - 1
  return [
    ...normShapes(`${name}.norm1`, dim),
    ...(heads ? [[`${name}.attn.relative_position_bias_table`, [window * window, heads]]] : []),
    ...linearShapes(`${name}.attn.qkv`, [3 * dim, dim]),
    ...linearShapes(`${name}.attn.proj`, [dim, dim]),
    ...normShapes(`${name}.norm2`, dim),
    ...linearShapes(`${name}.mlp.fc1`, [2 * dim, dim]),
    ...linearShapes(`${name}.mlp.fc2`, [dim, 2 * dim]),
  ]
}

function linearShapes(name, shape) {
  return [
    [`${name}.weight`, shape],
    [`${name}.bias`, shape.slice(0, 1)],
  ]
}

function normShapes(name, dim) {
  return linearShapes(name, [dim])
}

function vitShapes({ embedDim, patchSize, depth, numClasses }) {
  return [
    ...linearShapes('patch_embed.proj', [embedDim, 3, patchSize, patchSize]),
    ['cls_token', [1, 1, embedDim]],
    ['pos_embed', [1, 17, embedDim]],
    ...Array.from({ length: depth }, (_, i) => blockShapes(`blocks.${i}`, embedDim)).flat(),
    ...normShapes('norm', embedDim),
    ...linearShapes('head', [numClasses, embedDim]),
  ]
}

function swinShapes({ embedDim, patchSize, depths, numHeads, numClasses }) {
  const stages = depths.flatMap((depth, stage) => {
    const blocks = Array.from({ length: depth }, (_, i) =>
      blockShapes(`layers.${stage}.blocks.${i}`, embedDim << stage, numHeads[stage]),
    ).flat()
    if (stage === 0) return blocks
    const name = `layers.${stage}.downsample`
    const dim = 4 * (embedDim << (stage - 1))
    return [...normShapes(`${name}.norm`, dim), [`${name}.reduction.weight`, [dim / 2, dim]], ...blocks]
  })
  const last = embedDim << (depths.length - 1)
  return [
    ...linearShapes('patch_embed.proj', [embedDim, 3, patchSize, patchSize]),
    ...normShapes('patch_embed.norm', embedDim),
    ...stages,
    ...normShapes('norm', last),
    ...linearShapes('head.fc', [numClasses, last]),
  ]
}

/** Evenly spread numbers in [-1, 1), always the same: a linear congruential generator. */
function numbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}

function values([name, shape], next) {
  const size = shape.reduce((product, length) => product * length, 1)
  const isNorm = /norm\d?\.weight$/.test(name)
  return Float32Array.from({ length: size }, () => (isNorm ? 1 : 0) + 0.2 * next())
}

/** Writes weights as a safetensors file that tells its own settings, without any code of the checkout. */
function writeModel(path, config, shapes) {
  const next = numbers(7)
  const header = { __metadata__: { format: 'pt', 'dynamic-tuning.config': JSON.stringify(config) } }
  const parts = []
  let offset = 0
  for (const entry of shapes) {
    const bytes = Buffer.from(values(entry, next).buffer)
    header[entry[0]] = { dtype: 'F32', shape: entry[1], data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
    parts.push(bytes)
  }
  const text = JSON.stringify(header)
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  writeFileSync(path, Buffer.concat([length, json, ...parts]))
}

/** A ViT of two layers of 24 features for images of 32 pixels, always with the same weights. */
export const writeTinyVit = (path) => writeModel(path, vit, vitShapes(vit))

/** A Swin of two stages of two blocks for images of 32 pixels, always with the same weights. */
export const writeTinySwin = (path) => writeModel(path, swin, swinShapes(swin))
