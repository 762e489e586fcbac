// An act of the gate goes into the outbox, and what came of it is shown in one panel.
import { choose, openItems, redraw } from './gate_list.js';
import { all, fill, gate, go, now, one, place, say, shortLabel } from './gate_page.js';
import { signal } from './feedback.js';
import { record } from './outbox.js';

let sending = false;

// One act at a time: a second press while the first is under way does nothing. Gives the answer, or undefined.
export async function send(kind, body, { words, photo, buttons = [] }) {
  if (sending) return undefined;
  sending = true;
  buttons.forEach((button) => button.classList.add('is-busy'));
  try {
    const answer = await record({ kind, body: clean(body), words, photo, place: place() });
    await redraw();
    return answer;
  } finally {
    buttons.forEach((button) => button.classList.remove('is-busy'));
    sending = false;
  }
}

// An event holds what was said, nothing else: no null, no empty text, no undefined.
const clean = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== null && value !== ''));

// What is done at one container.
export const act = (kind, label, body, more) =>
  send(kind, { round_id: gate.dataset.round, stop_id: gate.dataset.stop, label_code: label, label_read: now.reads[label], seal: now.seals[label], ...body }, { words: `${more.title} ${shortLabel(label)}`, ...more });

// `tone`: good, bad, active (kept on the phone).
export function verdict(tone, title, what, message = '', warnings = []) {
  const panel = one('[data-verdict]', gate);
  panel.dataset.tone = tone;
  for (const glyph of all('[data-verdict-icon]', panel)) glyph.hidden = glyph.dataset.verdictIcon !== tone;
  one('[data-verdict-title]').textContent = title;
  one('[data-verdict-what]').textContent = what;
  one('[data-verdict-message]').textContent = message;
  one('[data-verdict-warnings]').replaceChildren(...warnings.map(({ message: text }) => boxOf(text)));
  const left = openItems().length;
  one('[data-verdict-left]').textContent = left ? fill(say.left, { n: left }) : say.allDone;
  one('[data-verdict-more]').hidden = left === 0;
  one('[data-verdict-leave]').hidden = left > 0;
  signal(tone === 'bad' ? 'bad' : 'good');
}

function boxOf(text) {
  const box = document.createElement('p');
  box.className = 'notice notice-warn';
  box.textContent = text;
  return box;
}

// What became of an act: by itself when it is good and nothing is to be read (`quiet` says so), else on the verdict's screen.
export function showAnswer(answer, { title, denied, what, label, quiet }) {
  if (!answer) return false;
  if (label) choose(label);
  const good = answer.ok || answer.kept;
  if (good && quiet && !answer.warnings.length) {
    signal('good');
    quiet(answer);
    return true;
  }
  if (answer.kept) verdict('active', title, what, `${say.savedOnPhone} ${answer.message}`, answer.warnings);
  else if (answer.ok) verdict('good', title, what, '', answer.warnings);
  else verdict('bad', answer.conflict ? say.conflict : denied, what, answer.message);
  go('verdict');
  return good;
}

export const nameOfNow = () => now.item?.dataset.name ?? shortLabel(now.label);
