// Weights between those of two backbones, one tuned on from the other, are often better than either
// (stochastic weight averaging, arXiv:1803.05407). Writes A + SHARE (B - A) in half precision, with A's
// metadata:
//   node scripts/average-backbones.mjs A.safetensors B.safetensors SHARE OUT.safetensors
import { openSafetensors, readSafetensors, writeSafetensors } from 'dynamic-tuning/io'

const [first, second, share, out] = process.argv.slice(2)
const part = Number(share)
if (out === undefined || !(part >= 0 && part <= 1))
  throw new Error('usage: average-backbones.mjs A B SHARE OUT, with a share from 0 to 1')
const to = readSafetensors(second)
const file = openSafetensors(first)
const averaged = [...file.readAll()].map(([name, { dtype, shape, data }]) => {
  const other = to.get(name)
  if (other === undefined || other.data.length !== data.length)
    throw new Error(`${second} has no tensor ${name} of shape [${shape}]. Average backbones of one shape.`)
  return [name, { dtype, shape, data: data.map((value, i) => value + part * (other.data[i] - value)) }]
})
file.close()
writeSafetensors(out, averaged, { metadata: file.metadata, dtype: 'float16' })
