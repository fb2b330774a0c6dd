import { type FixtureReport, verifyFixture } from 'dynamic-tuning/verify'
import { type Call, defineCommand } from '../command.ts'
import type { CommonOptions } from '../options/common.ts'
import type { Paint } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'

export const verifyCommand = defineCommand<CommonOptions>({
  name: 'verify',
  group: 'Measure',
  summary: 'Run a reference fixture and show the largest error of every tensor',
  description: 'Exit code 1 where a tensor is too far from what is expected, or cannot be produced.',
  arguments: [['<folder>', 'with config.json, weights, inputs and expected tensors']],
  options: [],
  examples: [['dyt verify reference/vit_tiny', 'compare with stored values']],
  async run({ args, options, terminal }: Call<CommonOptions>) {
    const { threads, device } = options
    const [folder = ''] = args
    const report = await verifyFixture(folder, {
      ...(threads !== undefined && { threads }),
      ...(device !== undefined && { device }),
    })
    terminal.result(report, () => reportText(report, terminal.paint))
    return report.pass ? undefined : 1
  },
})

function reportText({ fixture, pass, tensors }: FixtureReport, paint: Paint): string {
  const exact = (value: number | null): string | undefined => value?.toExponential(1)
  const rows = tensors.map(({ name, maxAbs, maxRel, tolerance, pass: near, note }) => [
    near ? 'ok' : 'FAIL',
    name,
    exact(maxAbs),
    exact(maxRel),
    exact(tolerance),
    note ?? '',
  ])
  const table = renderTable(
    ['', 'tensor', 'largest error', 'relative', 'allowed', 'remark'].map((name) => ({
      name,
      align: ['largest error', 'relative', 'allowed'].includes(name) ? 'right' : 'left',
    })),
    rows,
    { paint },
  )
  const failed = tensors.filter((tensor) => !tensor.pass).length
  const verdict = pass
    ? `all ${tensors.length} tensors agree`
    : `${failed} of ${tensors.length} tensors do not agree`
  return `${table}\n${paint.bold(`${fixture}: ${verdict}`)}\n`
}
