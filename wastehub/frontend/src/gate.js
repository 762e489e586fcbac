// The scale at a gate: live differences while somebody types, containers found by scan, running totals.
import { readLabel } from './label_seal.js';

const board = document.querySelector('[data-gate]');

const GRAMS = { '': 1000, kg: 1000, 公斤: 1000, 千克: 1000, t: 1e6, 吨: 1e6, g: 1, 克: 1 };

// Grams of what was typed; null when the line is empty, NaN when it is no mass. The server reads it again.
export function grams(text) {
  const plain = text.normalize('NFKC').trim().toLowerCase().replace('。', '.').replaceAll(',', '');
  if (!plain) return null;
  const match = plain.match(/^([0-9]{1,12}(?:\.[0-9]*)?)\s*(kg|公斤|千克|t|吨|g|克)?$/);
  return match ? Math.round(Number(match[1]) * GRAMS[match[2] ?? '']) : NaN;
}

export function kilograms(value, signed = false) {
  const sign = signed && value > 0 ? '+' : '';
  const digits = value % 100 ? { minimumFractionDigits: 1, maximumFractionDigits: 3 } : { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${sign}${(value / 1000).toLocaleString('en-US', digits)} kg`.replace('-', '\u2212');
}

if (board) {
  const say = board.dataset;
  const rows = [...board.querySelectorAll('[data-gate-row]')];
  const total = board.querySelector('[name="total_kg"]');
  const place = (name) => board.querySelector(`[data-gate-${name}]`);

  const read = (row) => {
    const refused = row.querySelector('[data-gate-decision]')?.value === 'refused';
    const input = row.querySelector('[data-gate-input]');
    return { refused, weighed: input ? grams(input.value) : null, expected: Number(row.dataset.expected), allowed: Number(row.dataset.allowed) };
  };

  function show(row) {
    if (row.dataset.state === 'decided') return;
    const { refused, weighed, expected, allowed } = read(row);
    const cell = row.querySelector('[data-gate-diff]');
    cell.first ??= cell.innerHTML;
    row.dataset.state = refused ? 'refused' : weighed === null ? '' : Number.isNaN(weighed) ? 'unreadable' : Math.abs(weighed - expected) <= allowed ? 'within' : 'outside';
    if (weighed === null) cell.innerHTML = cell.first;
    else if (Number.isNaN(weighed)) cell.textContent = say.textUnreadable;
    else {
      const inside = Math.abs(weighed - expected) <= allowed;
      cell.innerHTML = '<strong></strong><span></span>';
      cell.firstChild.textContent = kilograms(weighed - expected, true);
      cell.lastChild.textContent = inside ? say.textWithin : say.textOutside;
    }
  }

  function add() {
    let count = 0, weighed = Number(place('weighed').dataset.base), difference = Number(place('difference').dataset.base), outside = Number(place('outside').dataset.base);
    const whole = total ? grams(total.value) : null;
    for (const row of rows) {
      if (row.dataset.state === 'decided') { count += 1; continue; }
      const now = read(row);
      if (now.refused || now.weighed > 0) count += 1;
      if (now.weighed > 0) {
        weighed += now.weighed;
        difference += now.weighed - now.expected;
        if (row.dataset.state === 'outside') outside += 1;
      }
    }
    if (whole > 0) {
      const taken = rows.filter((row) => !read(row).refused);
      weighed = whole;
      difference = whole - taken.reduce((sum, row) => sum + Number(row.dataset.expected), 0);
      count = rows.length;
    }
    place('count').textContent = count;
    place('weighed').textContent = kilograms(weighed);
    place('difference').textContent = kilograms(difference, true);
    place('outside').textContent = `${place('outside').dataset.text} ${outside}`;
    place('outside').closest('.figure').classList.toggle('figure-bad', outside > 0);
    const net = place('net');
    if (net) {
      const gross = grams(board.querySelector('[name="gross_kg"]').value), tare = grams(board.querySelector('[name="tare_kg"]').value);
      net.textContent = gross > 0 && tare > 0 ? kilograms(gross - tare) : '—';
    }
  }

  // A label's QR code is an address with the code in it; a hand scanner may send the bare code, people the short one.
  function find(text) {
    const { code, short } = readLabel(text);
    const hit = rows.find((row) => row.dataset.label === code || (short && row.dataset.short === short)) ?? (code.length >= 3 ? rows.find((row) => row.dataset.label.endsWith(code)) : undefined);
    const message = place('found');
    message.dataset.tone = hit ? 'good' : 'bad';
    message.textContent = hit ? `…${hit.dataset.label.slice(-11)} ${hit.dataset.state === 'decided' ? say.textDecided : say.textFound}` : `${code.slice(-11)} ${say.textUnknown}`;
    if (!hit) { tellLife(text.trim(), message); return; }
    for (const row of rows) row.classList.toggle('gate-row-here', row === hit);
    hit.scrollIntoView({ block: 'center' });
    hit.querySelector('[data-gate-input]')?.focus({ preventScroll: true });
    hit.querySelector('[data-gate-input]')?.select();
  }

  // A code that was replaced or is void: say so, and which one counts instead.
  async function tellLife(text, message) {
    const shown = message.textContent;
    try {
      const answer = await fetch(`/api/v1/label-lives?text=${encodeURIComponent(text)}`, { headers: { Accept: 'application/json' } });
      const life = answer.ok ? await answer.json() : {};
      if (life.message && message.textContent === shown) message.textContent = `${shown} · ${life.message}`;
      const row = life.successor && rows.find((each) => each.dataset.label === life.successor);
      if (row) row.scrollIntoView({ block: 'center' });
    } catch { /* offline: what stands there is enough */ }
  }

  board.addEventListener('wh:scan', (event) => {
    find(event.detail.text);
    const doubt = event.target.querySelector(`[data-seal="${event.detail.seal}"][data-bad]`);
    if (!doubt || (event.detail.seal === 'other_origin' && place('found').dataset.tone === 'good')) return;
    place('found').dataset.tone = 'bad';
    place('found').textContent += ` · ${doubt.textContent}`;
  });
  board.addEventListener('input', (event) => {
    const row = event.target.closest('[data-gate-row]');
    if (row) show(row);
    add();
  });
  // Enter goes to the next container instead of closing the reception by accident.
  board.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('[data-gate-input]')) return;
    event.preventDefault();
    const inputs = [...board.querySelectorAll('[data-gate-input]')];
    inputs[inputs.indexOf(event.target) + 1]?.focus();
  });
  rows.forEach(show);
  add();
}

// Lists to pick from: the mass of what is ticked.
for (const picker of document.querySelectorAll('[data-picker]')) {
  const boxes = [...picker.querySelectorAll('[data-mass]')];
  const sum = () => {
    const chosen = boxes.filter((box) => box.checked);
    picker.querySelector('[data-picker-mass]').textContent = kilograms(chosen.reduce((mass, box) => mass + Number(box.dataset.mass), 0));
    picker.querySelector('[data-selected-number]').textContent = chosen.length;
    picker.querySelector('[data-selected-count]').hidden = false;
  };
  picker.addEventListener('wh:selection', sum);
  sum();
}
