/** The matrix as one HTML file: no server, no script, light and dark, printable. */
import type { Cell, Matrix } from '../triage/matrix.js';
import { type Markup, markup } from './html/markup.js';
import { renderPage } from './html/page.js';
import { cellLabel, countsText, grouped, machineText, secondsText } from './matrix.js';

function drawCell(cell: Cell): Markup {
  return markup`<td class="cell-${cell.status}" title="${cell.detail}">${cellLabel(cell)}</td>`;
}

/** @param title what the page is called. */
export function matrixHtml(matrix: Matrix, title = 'Corpus by target'): string {
  return renderPage({
    title,
    body: markup`<main><h1>${title}</h1>
${targetTable(matrix)}
${caseTable(matrix)}</main>`,
  });
}

function targetTable(matrix: Matrix): Markup {
  const rows = matrix.targets.map((run, i) => {
    const facts = [machineText(run), countsText(matrix, i), secondsText(run.startMs), secondsText(run.runMs)];
    return markup`<tr><th scope="row">${run.target}</th>${facts.map((fact) => markup`<td>${fact}</td>`)}</tr>
`;
  });
  return table(['target', 'machine', 'cases', 'start', 'run'], rows);
}

function caseTable(matrix: Matrix): Markup {
  const rows = matrix.rows.map((row) => {
    const why = grouped(matrix, row).map((line) => markup`<small>${line}</small>`);
    const name = markup`<th scope="row">${row.file}<small>${row.title}</small></th>`;
    const kind = row.differs ? markup` class="differs"` : undefined;
    return markup`<tr${kind}>${name}${row.cells.map(drawCell)}<td>${why}</td></tr>
`;
  });
  return table(['case', ...matrix.targets.map(({ target }) => target), 'why'], rows);
}

function table(columns: readonly string[], rows: readonly Markup[]): Markup {
  const heads = columns.map((name) => markup`<th scope="col">${name}</th>`);
  return markup`<div class="wide"><table><thead><tr>${heads}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}
