/** The matrix as one HTML file: no server, no script, light and dark, printable. */
import type { Cell, Matrix } from '../triage/matrix.js';
import { cellLabel, countsText, grouped, machineText, secondsText } from './matrix.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --ok: #2a7d46; --skip: #8a6d1a; --known: #3b6ea8; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ok: #6fcf8e; --skip: #e0bd5a; --known: #8db8ee; --bad: #ff8a80; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 90rem; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: Canvas; }
td.ok, td.gone { color: var(--ok); } td.skip, td.unreached { color: var(--skip); } td.known { color: var(--known); }
td.broken, td.fails, td.undecided, td.harness { color: var(--bad); font-weight: 600; }
tr.differs th::before { content: "≠ "; color: var(--bad); }
tbody th { font-weight: 400; } small { opacity: .75; display: block; }
@media print { thead th { position: static; } body { margin: 0; max-width: none; } }
`;

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function cellHtml(cell: Cell): string {
  return `<td class="${cell.status}" title="${text(cell.detail)}">${text(cellLabel(cell))}</td>`;
}

/** @param title what the page is called. */
export function matrixHtml(matrix: Matrix, title = 'Corpus by target'): string {
  const targets = matrix.targets.map((run, i) => {
    const facts = [machineText(run), countsText(matrix, i), secondsText(run.startMs), secondsText(run.runMs)];
    return `<tr><th scope="row">${text(run.target)}</th>${facts.map((fact) => `<td>${text(fact)}</td>`).join('')}</tr>`;
  });
  const rows = matrix.rows.map((row) => {
    const why = grouped(matrix, row).map((line) => `<small>${text(line)}</small>`);
    const name = `<th scope="row">${text(row.file)}<small>${text(row.title)}</small></th>`;
    const kind = row.differs ? ' class="differs"' : '';
    return `<tr${kind}>${name}${row.cells.map(cellHtml).join('')}<td>${why.join('')}</td></tr>`;
  });
  const names = matrix.targets.map(({ target }) => `<th scope="col">${text(target)}</th>`).join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(title)}</title>
<style>${STYLE}</style>
<h1>${text(title)}</h1>
<table>
<thead><tr><th scope="col">target</th><th scope="col">machine</th><th scope="col">cases</th><th scope="col">start</th><th scope="col">run</th></tr></thead>
<tbody>
${targets.join('\n')}
</tbody>
</table>
<table>
<thead><tr><th scope="col">case</th>${names}<th scope="col">why</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</html>
`;
}
