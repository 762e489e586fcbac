// Before the vehicle leaves with something on board, somebody of the firm confirms it: on the glass, by a code of the firm's
// own page, by a consent that the firm gave. Where nobody does, the reason goes along with leaving.
import { facts } from './gate_facts.js';
import { loadedItems } from './gate_list.js';
import { all, gate, go, now, onEnter, one, reasonGiven, say, showProblem } from './gate_page.js';
import { send } from './gate_send.js';
import { signal } from './feedback.js';
import { SignPad } from './sign_pad.js';

const screen = (name) => one(`[data-screen=${name}]`, gate);
const next = () => location.assign(gate.dataset.next);
let pad;

// -- confirming, then leaving -----------------------------------------------------------------------------------------

async function confirm(name, body, photo) {
  const form = one('form', screen(name));
  showProblem(form, '');
  const buttons = all(`[data-confirm="${name}"]`);
  const said = { stop_id: gate.dataset.stop, round_id: gate.dataset.round, ...body };
  const answer = await send('hand_over', said, { words: `${say.confirmed} ${gate.dataset.firm}`, photo, buttons });
  if (!answer) return undefined;
  if (!answer.ok && !answer.kept) {
    signal('bad');
    return showProblem(form, answer.message);
  }
  return leave(form, buttons, {});
}

async function leave(form, buttons, { reason, note, outcome = 'done' }) {
  const words = outcome === 'done' ? say.leaving : say.missing;
  const answer = await send('stop_close', { stop_id: gate.dataset.stop, outcome, reason, note }, { words: `${words} ${gate.dataset.firm}`, buttons });
  if (!answer) return undefined;
  if (answer.ok || answer.kept) {
    signal('good');
    return next();
  }
  signal('bad');
  return showProblem(form, answer.message);
}

async function signed() {
  const form = one('form', screen('sign-glass'));
  const name = one('[name=name]', form).value.trim();
  if (!name) return showProblem(form, say.nameMissing);
  const picture = await pad.picture();
  if (!picture) return showProblem(form, say.signMissing);
  return confirm('sign-glass', { way: 'glass', name }, picture);
}

function coded() {
  const form = one('form', screen('sign-code'));
  const code = one('[name=code]', form).value.normalize('NFKC').replace(/[\s-]/g, '');
  if (!/^\d{6}$/.test(code)) return showProblem(form, say.codeDigits);
  return confirm('sign-code', { way: 'code', code });
}

const consented = () => confirm('sign-standing', { way: 'standing' });

async function unsigned() {
  const form = one('form', screen('sign-none'));
  const reason = reasonGiven(form, false);
  if (reason) await leave(form, all('[data-confirm="sign-none"]'), { reason: reason.code, note: reason.note });
}

async function emptyHanded() {
  await leave(one('form', screen('leave')), all('[data-leave-now]'), {});
}

async function missed() {
  const form = one('form', screen('missed'));
  const reason = reasonGiven(form, false);
  if (reason) await leave(form, all('[data-missed-send]'), { reason: reason.code, note: reason.note, outcome: 'missed' });
}

// -- the screens ------------------------------------------------------------------------------------------------------

function prepareWays() {
  const { consent } = facts.stops[gate.dataset.stop];
  for (const spot of all('[data-way-standing]', gate)) spot.hidden = !consent;
  for (const spot of all('[data-way-none]', gate)) spot.hidden = facts.confirmation_required;
  if (consent) one('[data-consent-words]', gate).textContent = `${consent.name} · ${consent.role} · ${consent.until_on}`;
}

export function attachSign() {
  pad = new SignPad(one('canvas', screen('sign-glass')), (done) => done && showProblem(one('form', screen('sign-glass')), ''));
  one('[data-pad-undo]', screen('sign-glass')).addEventListener('click', () => pad.undo());
  const works = { 'sign-glass': signed, 'sign-code': coded, 'sign-standing': consented, 'sign-none': unsigned, leave: emptyHanded, missed };
  for (const [name, work] of Object.entries(works)) one('form', screen(name)).addEventListener('submit', (event) => (event.preventDefault(), work()));
  onEnter('leave', () => {
    now.tray = [];
    showProblem(one('form', screen('leave')), '');
    // Confirmed before with all that is on board now: only the leaving is missing.
    const due = loadedItems().length > (facts.confirmed[gate.dataset.stop] ?? 0);
    for (const spot of all('[data-to-confirm]')) spot.hidden = !due;
    for (const spot of all('[data-leave-now]')) spot.hidden = due;
  });
  onEnter('sign', prepareWays);
  onEnter('sign-standing', () => (facts.stops[gate.dataset.stop].consent ? prepareWays() : go('sign')));
  onEnter('sign-glass', () => {
    showProblem(one('form', screen('sign-glass')), '');
    pad.clear();
    pad.fit();
  });
}
