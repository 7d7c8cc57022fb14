/** How the calls of a family ended: a table with a row for each call, and what its documentation names and nothing showed. */
import { outcomesByCall, unseenOutcomes, type OutcomeCoverage } from '../../campaign/coverage/outcomes.js';
import { grouped } from '../../util/text.js';
import { unseenText } from '../outcomes.js';
import { type Markup, markup } from './markup.js';

export function outcomeTable(coverage: OutcomeCoverage): Markup {
  const rows = outcomesByCall(coverage).map(({ call, ends }) => {
    const words = ends.map(([end, count]) => `${end} ${grouped(count)}`).join(', ');
    return markup`<tr><th scope="row">${call}</th><td>${words === '' ? 'not called' : words}</td></tr>
`;
  });
  return markup`<div class="wide"><table><thead><tr><th scope="col">call</th><th scope="col">how often it ended how</th></tr></thead><tbody>
${rows}</tbody></table></div>${unseenList(coverage)}`;
}

function unseenList(coverage: OutcomeCoverage): Markup {
  const unseen = unseenOutcomes(coverage);
  if (unseen.length === 0) return markup`<p>Every outcome that the documentation names was seen.</p>`;
  const items = unseen.map((one) => markup`<li>${unseenText(one)}</li>`);
  return markup`<p>Documented, and not seen:</p><ul>${items}</ul>`;
}
