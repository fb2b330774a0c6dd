import { readFileSync } from 'node:fs'
import { countPaperTable, paperTables } from 'dynamic-tuning/cost'
import { describe, expect, it } from 'vitest'
import { paperTableText } from './paper-table-text.ts'
import { plain } from './terminal/output.ts'

describe('docs/paper-tables.md', () => {
  const text = readFileSync(new URL('../../../docs/paper-tables.md', import.meta.url), 'utf8')
  const [, ...blocks] = text.split('## `dyt flops --table ')

  it('has every table of the paper with figures', () => {
    expect(blocks.map((block) => Number.parseInt(block, 10))).toEqual(paperTables.map(({ number }) => number))
  })

  it.each(paperTables)(
    'has what `dyt flops --table $number` prints (else: npm run paper-tables-doc)',
    (table) => {
      const printed = paperTableText(countPaperTable(table), plain).trimEnd()
      expect(text).toContain(`## \`dyt flops --table ${table.number}\`\n\n\`\`\`\n${printed}\n\`\`\``)
    },
  )

  it('knows a method for every row', () => {
    expect(text).not.toContain('is not built')
  })
})
