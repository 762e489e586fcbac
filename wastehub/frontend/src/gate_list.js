// The list of the stop: what is expected, what happened to it, what is missing by name.
import { facts, refresh } from './gate_facts.js';
import { all, fill, gate, go, massText, now, one, say, shortLabel, showProblem } from './gate_page.js';

export const items = () => all('[data-containers] > li', gate);
export const itemOf = (label) => items().find((item) => item.dataset.label === label) ?? null;
const inState = (...states) => items().filter((item) => states.includes(item.dataset.state));
export const loadedItems = () => inState('loaded');
export const openItems = () => inState('expected', 'unlabelled');

// Make `label` what the screens are about; the page may not list it.
export function choose(label) {
  const item = itemOf(label);
  Object.assign(now, { label, item });
  const known = facts.containers[label];
  for (const spot of all('[data-current-code]', gate)) spot.textContent = shortLabel(label);
  for (const spot of all('[data-current-name]', gate)) spot.textContent = item?.dataset.name ?? '';
  for (const spot of all('[data-current-declared]', gate)) spot.textContent = known ? massText(known.declared_g) : '';
  for (const spot of all('[data-current-id]', gate)) spot.value = item?.dataset.id ?? '';
  one('[data-current-status]', gate)?.replaceChildren(...(item ? [...one('[data-item-status]', item).cloneNode(true).childNodes] : []));
  const state = item?.dataset.state ?? 'expected';
  for (const button of all('[data-actions-for=container] [data-when]')) button.hidden = !button.dataset.when.split(' ').includes(state);
}

// What an act of this phone made of a container; `waits`: the server has not answered yet.
function mark(item, state, what, waits) {
  item.dataset.state = state;
  const parts = [one(`template[data-status="${state}"]`, gate).content.cloneNode(true), ` ${what} `];
  if (waits) parts.push(one('template[data-status=saved]', gate).content.cloneNode(true));
  one('[data-item-status]', item).replaceChildren(...parts);
}

function drawItem(item) {
  const { label } = item.dataset;
  const known = facts.containers[label];
  if (!known) return;
  const waits = label in facts.waits;
  one('[data-item-declared]', item).textContent = massText(known.declared_g);
  if (known.state === 'loaded' && item.dataset.state !== 'loaded') mark(item, 'loaded', massText(known.mass_g), waits);
  else if (known.state === 'loaded' && waits) mark(item, 'loaded', massText(known.mass_g), true);
  else if (known.state === 'labelled' && known.refused) mark(item, 'refused', reasonName(known.refused), waits);
  else if (known.state === 'labelled' && ['loaded', 'unlabelled'].includes(item.dataset.state)) mark(item, 'expected', '', waits);
}

const reasonName = (code) => one(`[data-refuse] input[value="${code}"]`)?.closest('.choice').querySelector('.choice-title').textContent ?? '';

function count() {
  const loaded = loadedItems();
  const mass = loaded.reduce((sum, item) => sum + (facts.containers[item.dataset.label]?.mass_g ?? 0), 0);
  for (const spot of all('[data-count-loaded]', gate)) spot.textContent = loaded.length;
  for (const spot of all('[data-mass-loaded]', gate)) spot.textContent = loaded.length ? massText(mass) : '';
  for (const spot of all('[data-when-none]')) spot.hidden = loaded.length > 0;
  for (const spot of all('[data-when-some]')) spot.hidden = loaded.length === 0 && openItems().length === items().length;
  for (const spot of all('[data-when-loaded]')) spot.hidden = loaded.length === 0;
  for (const spot of all('[data-when-empty]')) spot.hidden = loaded.length > 0;
  drawMissing();
}

// F73: short by name, so that nobody counts drums from memory.
function drawMissing() {
  const missing = openItems();
  const left = one('[data-left]', gate);
  if (left) left.textContent = missing.length ? fill(say.left, { n: missing.length }) : say.allDone;
  for (const block of all('[data-missing]', gate)) {
    block.hidden = missing.length === 0;
    one('[data-missing-count]', block).textContent = missing.length;
    one('ul', block).replaceChildren(
      ...missing.map((item) => {
        const line = document.createElement('li');
        line.textContent = `${item.dataset.name} · ${shortLabel(item.dataset.label)} · ${massText(facts.containers[item.dataset.label]?.declared_g ?? 0)}`;
        return line;
      }),
    );
  }
}

export async function redraw() {
  await refresh();
  items().forEach(drawItem);
  count();
}

export function attachList() {
  for (const button of all('[data-open-container]', gate)) {
    button.addEventListener('click', () => {
      choose(button.closest('li').dataset.label);
      go('container');
    });
  }
}

export const clearProblem = (form) => showProblem(form, '');
