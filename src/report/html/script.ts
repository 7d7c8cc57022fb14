/**
 * What the page does beyond standing still; without it nothing is missing. `n`/`j` and `p`/`k` go from finding to finding, the arrow
 * keys from rule to rule, and what is folded up is printed all the same.
 */
export const SCRIPT = `
'use strict';
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const findings = all('details.finding');
const foldable = all('details');

for (const element of all('[data-script]')) element.hidden = false;
for (const button of all('button[data-open]')) {
  button.addEventListener('click', () => {
    for (const details of findings) details.open = button.dataset.open === 'yes';
  });
}

let current = -1;
const go = (step) => {
  if (findings.length === 0) return;
  const focused = findings.findIndex((details) => details.contains(document.activeElement));
  if (focused >= 0) current = focused;
  current = Math.min(Math.max(current + step, 0), findings.length - 1);
  const details = findings[current];
  details.open = true;
  details.scrollIntoView({ block: 'start' });
  details.querySelector('summary').focus({ preventScroll: true });
};
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'n' || event.key === 'j') go(1);
  if (event.key === 'p' || event.key === 'k') go(-1);
});

for (const cells of all('.cells')) {
  const links = all('a', cells);
  links.forEach((link, i) => (link.tabIndex = i === 0 ? 0 : -1));
  cells.addEventListener('keydown', (event) => {
    const at = links.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -at, End: links.length - 1 - at }[event.key];
    const next = at < 0 || step === undefined ? undefined : links[at + step];
    if (next === undefined) return;
    event.preventDefault();
    links[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

let closed = [];
addEventListener('beforeprint', () => {
  closed = foldable.filter((details) => !details.open);
  for (const details of closed) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of closed) details.open = false;
});
`;
