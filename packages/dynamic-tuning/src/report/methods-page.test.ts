import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tunerNamed, tuners } from '../tuners/registry.ts'
import { methodsPage, publishedTable3 } from './methods-page.ts'

const page = new URL('../../../../docs/methods.md', import.meta.url)
const tables = new URL('../../fixtures/paper/tables.json', import.meta.url)

describe('docs/methods.md', () => {
  it('is what the registry gives (else: npm run methods-doc)', () => {
    expect(readFileSync(page, 'utf8')).toBe(methodsPage(tuners))
  })

  it('names every method with its equation', () => {
    const text = methodsPage(tuners)
    for (const { name, equation } of tuners) {
      expect(text).toContain(`## ${name}\n`)
      expect(text).toContain(equation)
    }
  })

  it('compares methods that exist', () => {
    for (const name of Object.keys(publishedTable3)) expect(() => tunerNamed(name)).not.toThrow()
  })

  it('has the published figures', () => {
    const { rows } = JSON.parse(readFileSync(tables, 'utf8')).table3_vtab1k_vit_b as {
      rows: { method: string; values: number[] }[]
    }
    for (const { row, params, flops } of Object.values(publishedTable3)) {
      const values = rows.find(({ method }) => method === row)?.values
      expect(values?.slice(-2)).toEqual([params, flops])
    }
  })
})
