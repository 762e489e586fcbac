// The count of a store: scan or tick what stands there, weigh what looks light. Every mark is sent at once, so that
// a telephone that dies loses nothing; what could not be sent goes along when the count is handed in.
import { grams, kilograms } from './gate.js';
import { readLabel } from './label_seal.js';

const board = document.querySelector('[data-count]');

if (board) {
  const say = board.dataset;
  const told = board.querySelector('[data-count-told]');
  const list = board.querySelector('.count-rows');
  const rows = () => [...board.querySelectorAll('[data-count-row]')];
  const expected = () => rows().filter((row) => row.dataset.expected !== '');

  function tell(tone, text) {
    told.dataset.tone = tone;
    told.textContent = text;
  }

  function add() {
    const seen = expected().filter((row) => row.dataset.state === 'seen').length;
    board.querySelector('[data-count-seen]').textContent = seen;
    board.querySelector('[data-count-bar]').value = seen;
    const rest = document.querySelector('[data-count-rest]');
    if (rest) rest.textContent = expected().length - seen;
  }

  async function send(mark) {
    const token = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
    const answer = await fetch(say.marks, {
      method: 'POST',
      headers: { 'X-CSRFToken': token, 'Content-Type': 'application/json', Accept: 'application/json' },
      credentials: 'same-origin',
      body: JSON.stringify({ marks: [mark] }),
    }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (answer?.ok) return said;
    tell('bad', said?.detail || say.textFailed);
    return null;
  }

  // A row that changed: its tick, its difference, and the server.
  async function keep(row, source) {
    const tick = row.querySelector('[data-count-tick]');
    const weighed = grams(row.querySelector('[data-count-input]').value);
    if (weighed > 0) tick.checked = true;
    row.dataset.state = tick.checked ? 'seen' : '';
    show(row, weighed);
    add();
    if (Number.isNaN(weighed)) return;
    const kept = await send({ text: row.dataset.label, seen: tick.checked, weighed_g: weighed > 0 ? weighed : null, source });
    row.toggleAttribute('data-unsaved', kept === null);
  }

  function show(row, weighed) {
    const cell = row.querySelector('[data-count-diff]');
    if (weighed === null || row.dataset.expected === '') cell.textContent = '';
    else if (Number.isNaN(weighed)) cell.textContent = say.textUnreadable;
    else {
      const off = weighed - Number(row.dataset.expected);
      const inside = Math.abs(off) <= Number(row.dataset.allowed);
      cell.textContent = `${kilograms(off, true)} ${inside ? say.textWithin : say.textOutside}`;
      cell.dataset.tone = inside ? 'good' : 'bad';
    }
  }

  async function found(text, source) {
    const { code, short } = readLabel(text);
    const row = rows().find((each) => each.dataset.label === code || (short && each.dataset.short === short)) ?? (code.length >= 3 && code.length < 37 ? rows().find((each) => each.dataset.label.endsWith(code)) : undefined);
    if (row) {
      const again = row.dataset.state === 'seen';
      row.querySelector('[data-count-tick]').checked = true;
      for (const each of rows()) each.classList.toggle('count-row-here', each === row);
      row.scrollIntoView({ block: 'center' });
      tell('good', `…${row.dataset.label.slice(-11)} ${again ? say.textAgain : say.textFound}`);
      if (!again) await keep(row, source === 'typed' ? 'tick' : 'scan');
      return;
    }
    const kept = await send({ text, seen: true, weighed_g: null, source: 'scan' });
    if (!kept) return;
    tell('warn', `…${kept[0].label_code.slice(-11)} ${say.textSurplus}`);
    const note = document.createElement('li');
    note.className = 'count-row count-row-surplus';
    note.textContent = `+ …${kept[0].label_code.slice(-11)} ${say.textSurplus}`;
    list.prepend(note);
  }

  board.addEventListener('wh:scan', (event) => {
    // A code that was typed needs no picture of a camera that is off.
    if (!event.target.scanner?.running) delete event.target.dataset.state;
    found(event.detail.text, event.detail.source);
  });
  board.addEventListener('change', (event) => {
    const row = event.target.closest('[data-count-row]');
    if (row) keep(row, 'tick');
  });
  // Enter in a mass keeps the row; it does not hand in the form.
  board.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('[data-count-input]')) return;
    event.preventDefault();
    event.target.blur();
  });
  add();
}
