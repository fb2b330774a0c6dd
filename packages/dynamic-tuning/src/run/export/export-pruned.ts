import { basename, join } from 'node:path'
import type { OnnxExport } from '../../export/onnx.ts'
import { writeAside } from '../../io/write-aside.ts'
import { type DeadBlockSettings, type DeadBlocks, findDeadBlocks } from '../dead-blocks/find-dead-blocks.ts'
import { deadBlocksPage } from '../dead-blocks/page.ts'
import type { TunedRun } from '../tuned-run.ts'
import { type ExportSettings, exportModel } from './export-run.ts'

/** An exported model without its dead blocks. */
export interface PrunedExport extends OnnxExport {
  readonly deadBlocks: DeadBlocks
  /** `export.html` in the run folder. */
  readonly page: string
}

/**
 * Exports a run without the blocks that are dead on its validation images, and reports the
 * changes in `export.html`.
 */
export async function exportPruned(
  run: TunedRun,
  settings: ExportSettings & DeadBlockSettings,
): Promise<PrunedExport> {
  const deadBlocks = await findDeadBlocks(run, settings)
  const { blocks, dead } = deadBlocks
  const exported = exportModel(run, { ...settings, blocks, metadata: { dead_blocks: JSON.stringify(dead) } })
  const page = join(run.path, 'export.html')
  writeAside(page, deadBlocksPage(run.path, basename(settings.out), deadBlocks, run.task.measures[0]))
  return { ...exported, deadBlocks, page }
}
