// Tunes a backbone on a dataset with several methods and seeds and prints one table: mean and deviation of test accuracy.
//   node benchmarks/methods.mjs DATA [--out runs/methods] [--seeds 3] [--epochs 12] [--batch 32] [--lr 0.001] [--scale 1] [--methods linear,dyt] [--json]
// It can be stopped and started again: finished runs are kept, the one under way goes on from its checkpoint.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { finetune, formatCount, formatPercent } from 'dynamic-tuning'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'runs/methods' },
    methods: { type: 'string', default: 'linear,full,adaptformer,dyt' },
    model: { type: 'string', default: 'builtin' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '12' },
    batch: { type: 'string', default: '32' },
    scale: { type: 'string' },
    lr: { type: 'string', default: '0.001' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
const [data] = positionals
if (data === undefined) {
  console.error('methods: name a dataset, for instance node benchmarks/methods.mjs cifar10-1k')
  process.exit(2)
}

/** Runs one method with one seed, or reads its summary if it has been run. */
async function tune(method, seed) {
  const out = join(values.out, `${method}-seed${seed}`)
  const resume = existsSync(join(out, 'checkpoint', 'state.safetensors'))
  const settings = {
    data,
    method,
    seed,
    model: values.model,
    epochs: Number(values.epochs),
    batch: Number(values.batch),
    learningRate: Number(values.lr),
    threads: Number(values.threads),
    validationImages: 200,
    ...(values.scale && method !== 'linear' && method !== 'full' && { adapterScale: Number(values.scale) }),
  }
  const { summary } = await finetune(resume ? {} : settings, { out, resume })
  console.error(
    `${method} seed ${seed}: ${formatPercent(summary.accuracy)}, ${formatPercent(summary.activeRate)} active, ${Math.round(summary.seconds)} s`,
  )
  return summary
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length
const deviation = (numbers) => {
  const centre = mean(numbers)
  return Math.sqrt(
    numbers.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, numbers.length - 1),
  )
}

const rows = []
for (const method of values.methods.split(',')) {
  const runs = []
  for (let seed = 0; seed < Number(values.seeds); seed++) runs.push(await tune(method, seed))
  const of = (name) => runs.map((run) => run[name])
  rows.push({
    method,
    seeds: runs.length,
    accuracy: mean(of('accuracy')),
    deviation: deviation(of('accuracy')),
    activeRate: mean(of('activeRate')),
    trainableParams: runs[0].trainableParams,
    flops: mean(of('flops')),
    trainSeconds: mean(of('seconds')),
  })
}
if (values.json)
  console.log(JSON.stringify({ data, model: values.model, epochs: Number(values.epochs), rows }, null, 2))
else {
  console.log('| method | accuracy | active tokens | trained | FLOPs | training |')
  console.log('|---|---|---|---|---|---|')
  for (const row of rows)
    console.log(
      `| ${row.method} | ${formatPercent(row.accuracy)} ± ${(100 * row.deviation).toFixed(1)} | ${formatPercent(row.activeRate)} | ${formatCount(row.trainableParams)} | ${formatCount(row.flops)} | ${Math.round(row.trainSeconds)} s |`,
    )
}
