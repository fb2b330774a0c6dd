import { plotRules, plotVariables } from './plot-style.ts'

const rules = `
:root{color-scheme:light dark;--page:#f5f6f8;--card:var(--plot-paper);--ink:var(--plot-ink);--soft:var(--plot-soft);--line:var(--plot-grid)}
@media (prefers-color-scheme:dark){:root{--page:#0e1115}}
:root[data-theme=light]{color-scheme:light;--page:#f5f6f8}
:root[data-theme=dark]{color-scheme:dark;--page:#0e1115}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:18px;margin:40px 0 12px}
.subtitle{color:var(--soft);margin:6px 0 0;overflow-wrap:anywhere}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:28px 0 0;padding:0}
.headline div,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.headline dt{color:var(--soft);font-size:13px}
.headline dd{margin:0}
.headline .value{font-size:25px;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.headline .note{color:var(--soft);font-size:13px;line-height:1.35}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:8px 14px 8px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child>*{border-bottom:0}
thead th{color:var(--soft);font-weight:500;font-size:13px;vertical-align:bottom}
th:first-child,td:first-child{text-align:left}
th:last-child,td:last-child{padding-right:0}
tbody th{font-weight:600;white-space:normal;min-width:9em;max-width:26em;overflow-wrap:break-word}
.plots+.card{margin-top:16px}
td.best{font-weight:700}
.spread{color:var(--soft);font-weight:400;display:inline-block;min-width:3.1em;text-align:left}
.settings td{text-align:left;white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:13px;padding-block:5px}
.settings th{text-align:left;font-weight:500;font-size:13px;padding-block:5px;width:1%;white-space:nowrap}
.card+.plots{margin-top:16px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:16px}
figure{margin:0}
.pictures{display:grid;gap:16px}
.tiles{grid-template-columns:repeat(auto-fill,minmax(min(100%,240px),1fr))}
.square{display:inline-block;width:.8em;height:.8em;margin-right:.5em;border-radius:2px}
.pictures img{display:block;max-width:100%;height:auto}
figcaption{margin-top:8px;font-size:14px;overflow-wrap:anywhere}
.notes{color:var(--soft);padding-left:20px}
.about{color:var(--soft);font-size:14px;margin:-6px 0 14px;max-width:75ch}
@media (max-width:480px){main{padding:28px 12px 48px}.headline div,.card{padding:10px 12px}.headline .value{font-size:21px}}
@media print{:root{--page:#fff}main{padding:0}.card,figure{break-inside:avoid}}
`

/** The report's whole style sheet. */
export const pageStyle: string = `${plotVariables}\n${plotRules}\n${rules.trim()}`
