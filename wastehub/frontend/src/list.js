// Lists by keyboard: j and k walk the rows, Enter opens, x chooses, / searches. Choosing many rows, with a count.
const typing = (element) => element?.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]');

function rowsOf(list) {
  return [...list.querySelectorAll('[data-row]')];
}

function focusRow(row) {
  const target = row.querySelector('[data-row-link]') ?? row;
  if (target === row) row.tabIndex = -1;
  target.focus();
  row.scrollIntoView({ block: 'nearest' });
}

function walk(step) {
  const list = document.activeElement?.closest('[data-list]') ?? document.querySelector('[data-list]');
  if (!list) return;
  const rows = rowsOf(list);
  const here = rows.indexOf(document.activeElement?.closest('[data-row]'));
  const next = rows[here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step];
  if (next) focusRow(next);
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'j') walk(1);
  else if (event.key === 'k') walk(-1);
  else if (event.key === '/') {
    const search = document.querySelector('[data-list-search]');
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === 'x') {
    const box = document.activeElement?.closest('[data-row]')?.querySelector('[data-select]');
    if (box) box.click();
  }
});

let last = null;
function count(list) {
  const boxes = [...list.querySelectorAll('[data-select]')];
  const chosen = boxes.filter((box) => box.checked).length;
  const place = list.querySelector('[data-selected-count]');
  if (place) {
    place.hidden = chosen === 0;
    place.querySelector('[data-selected-number]').textContent = chosen;
  }
  const all = list.querySelector('[data-select-all]');
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  list.dispatchEvent(new CustomEvent('wh:selection', { bubbles: true, detail: { count: chosen } }));
}

document.addEventListener('click', (event) => {
  const box = event.target.closest('[data-select]');
  if (!box) return;
  const list = box.closest('[data-list]');
  const boxes = [...list.querySelectorAll('[data-select]')];
  if (event.shiftKey && last && boxes.includes(last)) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const other of boxes.slice(from, to + 1)) other.checked = box.checked;
  }
  last = box;
});
document.addEventListener('change', (event) => {
  const list = event.target.closest('[data-list]');
  if (!list) return;
  if (event.target.matches('[data-select-all]')) {
    for (const box of list.querySelectorAll('[data-select]')) box.checked = event.target.checked;
  }
  if (event.target.matches('[data-select], [data-select-all]')) count(list);
});
