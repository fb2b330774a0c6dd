/** How many series colours there are; further series repeat them with dashes. */
export const paletteSize = 6

// Okabe and Ito's colour-blind-safe set, darkened for white paper and lightened for a dark page.
const light = ['#0072b2', '#c8500a', '#00795a', '#b0568a', '#9a6a00', '#5a5f66']
const dark = ['#4fb0f0', '#ff8a4c', '#2fc79c', '#e79ac4', '#f0b429', '#a9b0ba']

function variables(colours: readonly string[], rest: Readonly<Record<string, string>>): string {
  const all = [...colours.map((c, i) => [`s${i}`, c] as const), ...Object.entries(rest)]
  return all.map(([name, value]) => `--plot-${name}:${value}`).join(';')
}

const lightVariables = variables(light, {
  ink: '#1c2026',
  soft: '#5c6570',
  grid: '#e3e7ec',
  paper: '#ffffff',
})
const darkVariables = variables(dark, { ink: '#e8ebf0', soft: '#9aa4b2', grid: '#2c333d', paper: '#171b21' })

/**
 * CSS custom properties of the plots in light and dark; `data-theme` on the root element overrides
 * the system.
 */
export const plotVariables: string = [
  `:root{${lightVariables}}`,
  `@media (prefers-color-scheme:dark){:root{${darkVariables}}}`,
  `:root[data-theme=light]{${lightVariables}}`,
  `:root[data-theme=dark]{${darkVariables}}`,
].join('\n')

const seriesColours = Array.from(
  { length: paletteSize },
  (_, i) => `.plot .s${i}{--c:var(--plot-s${i})}`,
).join('')

/** CSS rules of the plots' elements; needs {@link plotVariables}. */
export const plotRules: string = [
  ".plot{display:block;width:100%;height:auto;font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}",
  '.plot text{fill:var(--plot-soft);font-variant-numeric:tabular-nums}',
  '.plot .title{fill:var(--plot-ink);font-weight:600;font-size:15px}',
  '.plot .label{fill:var(--plot-ink)}',
  '.plot .name{fill:var(--c);stroke:var(--plot-paper);stroke-width:3;paint-order:stroke}',
  '.plot .value{fill:var(--plot-ink);stroke:var(--plot-paper);stroke-width:4;paint-order:stroke}',
  '.plot .grid{stroke:var(--plot-grid);stroke-width:1}',
  '.plot .axis{stroke:var(--plot-soft);stroke-width:1}',
  '.plot .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}',
  '.plot .dash{stroke-dasharray:6 4}',
  '.plot .faint{stroke-width:1;opacity:.3}',
  '.plot .mark{fill:var(--c);stroke:var(--plot-paper);stroke-width:1.5}',
  '.plot .bar{fill:var(--c)}',
  '.plot .target{stroke:var(--plot-s1);stroke-width:1.5;stroke-dasharray:5 4}',
  '.plot .target-label{fill:var(--plot-s1);stroke:var(--plot-paper);stroke-width:3;paint-order:stroke}',
  seriesColours,
].join('\n')
