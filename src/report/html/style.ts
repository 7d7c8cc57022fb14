import { DARK, HEAT_LEVELS, LIGHT, variables } from './palette.js';

const BASE = `
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2.5rem) 4rem; max-width: 82rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: clamp(1.35rem, 4vw, 1.9rem); line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .75rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.5rem 0 .5rem; } h4 { font-size: .95rem; margin: 1.1rem 0 .35rem; }
p { margin: .4rem 0 .8rem; max-width: 75ch; }
a { color: var(--link); } a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .88em; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; overflow-x: auto; margin: .4rem 0; }
.soft { color: var(--soft); } .ok { color: var(--ok); } .bad { color: var(--bad); } .warn { color: var(--warn); } .known { color: var(--known); }
.skip-link { position: absolute; left: -100vw; top: .5rem; background: var(--paper); padding: .4rem .8rem; z-index: 2; }
.skip-link:focus { left: .75rem; }
/* For those who listen instead of looking. */
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
small { display: block; color: var(--soft); font-size: .85em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .4rem 0 1rem; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .7rem; text-align: left; vertical-align: top; }
thead th { border-bottom-width: 2px; font-size: .9em; white-space: nowrap; }
tbody th { font-weight: 400; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
summary { cursor: pointer; }
button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .2rem .7rem; }
`;

const HEAD = `
.verdict { display: flex; gap: .9rem; align-items: flex-start; padding: 1rem 1.2rem; border: 1px solid var(--line); border-left: .45rem solid;
  border-radius: 8px; background: var(--card); margin: .75rem 0 1.25rem; }
.verdict p { margin: 0; color: var(--ink); font-size: 1.12rem; max-width: none; }
.verdict .mark { font-size: 1.5rem; line-height: 1.2; font-weight: 700; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: 1.25rem 0 0; }
@media (max-width: 34rem) { .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .45rem; } }
`;

const FINDINGS = `
.finding { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 1rem; background: var(--paper); }
.finding > summary { padding: .7rem 1rem; background: var(--card); border-radius: 8px; display: block; }
.finding[open] > summary { border-bottom: 1px solid var(--line); border-radius: 8px 8px 0 0; }
.finding > summary h3 { display: inline; margin: 0; } .finding > summary h3::before { content: "▸ "; color: var(--soft); }
.finding[open] > summary h3::before { content: "▾ "; }
.finding .body { padding: .25rem 1rem 1rem; }
.badges { display: flex; flex-wrap: wrap; gap: .35rem; margin-top: .4rem; }
.badge { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-size: .82rem; }
.rule { border-left: .25rem solid var(--bad); padding: .1rem 0 .1rem .9rem; margin: .8rem 0; }
.rule.held { border-color: var(--known); }
.rule p { margin: .15rem 0; } .rule .sentence { font-size: 1.05rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.2rem; margin: .4rem 0; }
.sides h5 { margin: 0; font-size: .85rem; color: var(--soft); font-weight: 400; } .sides p { margin: 0; overflow-wrap: anywhere; }
.timeline { width: 100%; table-layout: fixed; }
.timeline th:first-child { width: 2.8rem; } .timeline td, .timeline th { overflow-wrap: anywhere; padding-inline: .45rem; }
.timeline .step { width: 26%; } .timeline ul { list-style: none; padding: 0; margin: 0; }
.timeline li { padding-left: 1rem; text-indent: -1rem; }
.timeline tr.broken, .timeline tr.broken > * { background: var(--bad-paper); } .timeline tr.broken > :first-child { box-shadow: inset .25rem 0 var(--bad); }
.keys { color: var(--soft); } kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 .3rem; font: inherit; font-size: .85em; }
@media (max-width: 40rem) { .sides { grid-template-columns: 1fr; }
  .timeline, .timeline tbody, .timeline tr, .timeline th, .timeline td { display: block; width: auto; border: 0; }
  .timeline thead { position: absolute; left: -100vw; } .timeline tr { border-bottom: 1px solid var(--line); padding: .3rem 0; }
  .timeline td, .timeline th { padding: .1rem .45rem; } .timeline td.number, .timeline tbody th { display: inline; text-align: left; } .timeline td.number:not(:empty)::after { content: "."; } .timeline td[data-side]::before { content: attr(data-side) ":"; color: var(--soft); } }
`;

/** Drawings take the page's colours, so that they are dark where it is dark. */
const DRAWINGS = `
svg { display: block; max-width: none; } svg text { fill: var(--ink); font-family: system-ui, "DejaVu Sans", sans-serif; }
svg .soft { fill: var(--soft); } svg .grid { stroke: var(--line); fill: none; } svg .strong { font-weight: 700; } svg text.bad { fill: var(--bad); }
figure { margin: .6rem 0 1rem; } figcaption { color: var(--soft); font-size: .9rem; margin-top: .3rem; }
.mark-box { stroke-width: 1.5; }
.m-read .mark-box { fill: var(--read-paper); stroke: var(--read); } .m-write .mark-box { fill: var(--write-paper); stroke: var(--write); }
.m-update .mark-box { fill: var(--write-paper); stroke: var(--read); stroke-width: 2.5; }
.m-fetch .mark-box { fill: var(--read-paper); stroke: var(--read); stroke-dasharray: 2 2; }
.m-change .mark-box { fill: var(--change-paper); stroke: var(--change); } .m-hole .mark-box { fill: var(--paper); stroke: var(--ink); stroke-dasharray: 4 3; }
.m-uffd .mark-box { fill: var(--message-paper); stroke: var(--message); } .m-message .mark-box { fill: var(--paper); stroke: var(--message); stroke-width: 2; }
.m-log .mark-box { fill: var(--log-paper); stroke: var(--log); } .m-dirty .mark-box { fill: var(--paper); stroke: var(--log); stroke-width: 2; }
.m-absent .mark-box { fill: var(--bad-paper); stroke: var(--bad); stroke-width: 2.5; stroke-dasharray: 4 3; }
.m-surplus .mark-box { fill: var(--bad-paper); stroke: var(--bad); stroke-width: 2.5; }
.m-absent text, .m-surplus text { fill: var(--bad); font-weight: 700; }
.column-broken { fill: var(--bad-paper); } .group-box { fill: var(--card); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; list-style: none; padding: 0; margin: .3rem 0 1rem; font-size: .9rem; }
.legend li { display: flex; gap: .4rem; align-items: center; }
.line-series { fill: none; stroke: var(--chart); stroke-width: 1.75; stroke-linejoin: round; } .area { fill: var(--chart); opacity: .12; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1rem; } .charts svg { width: 100%; height: auto; }
`;

const heats = Array.from({ length: HEAT_LEVELS }, (_, i) => i + 1);

const HEAT = `
.cells { position: relative; display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 4px; list-style: none; padding: 0; margin: .3rem 0 .8rem; }
.group-name { margin: .7rem 0 .2rem; font-size: .9rem; color: var(--soft); }
.cell { display: flex; justify-content: space-between; gap: .5rem; align-items: baseline; height: 100%; padding: .25rem .5rem; border-radius: 4px;
  color: inherit; text-decoration: none; font-size: .84rem; line-height: 1.35; border: 1px solid transparent; }
.cell span:first-child { overflow-wrap: anywhere; } .cell span:nth-child(2) { font-variant-numeric: tabular-nums; white-space: nowrap; }
.never { background: repeating-linear-gradient(135deg, var(--paper) 0 6px, var(--card) 6px 12px); color: var(--bad); border: 2px dashed var(--bad); font-weight: 700; }
.tip { display: none; position: absolute; z-index: 1; left: 0; right: 0; padding: .45rem .7rem; font-size: .9rem; background: var(--paper); color: var(--ink);
  border: 1px solid var(--ink); border-radius: 6px; box-shadow: 0 3px 12px #0005; }
.cells li:hover .tip, .cells li:focus-within .tip { display: block; }
${heats.map((level) => `.heat${level} { background: var(--heat${level}); color: var(--heat${level}-ink); } svg .heat${level} { fill: var(--heat${level}); }`).join('\n')}
svg .unseen { fill: var(--paper); stroke: var(--bad); stroke-width: 2; } svg .impossible { fill: none; stroke: var(--soft); }
.swatch { width: 1.4rem; height: 1rem; border-radius: 3px; border: 1px solid var(--line); display: inline-block; }
`;

/** The matrix of cases by targets. */
const MATRIX = `
.cell-ok, .cell-gone { color: var(--ok); } .cell-skip, .cell-unreached { color: var(--warn); } .cell-known { color: var(--known); }
.cell-broken, .cell-fails, .cell-undecided, .cell-harness { color: var(--bad); font-weight: 600; }
tr.differs th::before { content: "≠ "; color: var(--bad); }
`;

const PRINT = `
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .skip-link, nav, button, .keys { display: none; }
  h2, h3, h4 { break-after: avoid; } .finding { break-before: page; border: 0; } .finding:first-of-type { break-before: auto; }
  figure, tr, .rule, .cells li, .verdict { break-inside: avoid; } thead { display: table-header-group; }
  .wide { overflow: visible; } .wide svg { max-width: 100%; height: auto; }
  details::details-content { content-visibility: visible; display: block; } .tip { display: none !important; }
  * { print-color-adjust: exact; }
}
`;

/** All styles of a report. The dark colours are for screens only: what is printed is on white paper. */
export const STYLE = `
:root { color-scheme: light dark; ${variables(LIGHT)} }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
${BASE}${HEAD}${FINDINGS}${DRAWINGS}${HEAT}${MATRIX}${PRINT}`;
