// Driver and firm change the declared mass or the packaging together (F67): both names, a reason, a signature of the firm.
import { signal } from './feedback.js';
import { facts, mayRideHere, typeName } from './gate_facts.js';
import { choose } from './gate_list.js';
import { all, fill, gate, go, massText, now, onEnter, one, reasonGiven, say, shortLabel, showPhotos, showProblem } from './gate_page.js';
import { send, verdict } from './gate_send.js';
import { ABSURD_FACTOR } from './gate_rules.js';
import { SignPad } from './sign_pad.js';

const form = () => one('[data-change]');
const field = (name) => one(`[name=${name}]`, form());
const what = () => one('[name=what]:checked', form())?.value;
const container = () => facts.containers[now.label];
let pad;

function grams() {
  const text = field('mass').value.normalize('NFKC').trim().replace(/[。,，]/g, '.').replace(/\s*(kg|公斤|千克)$/i, '');
  return /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : null;
}

// As domain/gate_changes judges it: the sentence of what is wrong, or undefined.
function problemOf(kind, mass_g, type) {
  const known = container();
  if (!kind) return say.changeWhat;
  if (kind === 'amount') {
    if (!mass_g) return say.mass;
    if (mass_g === known.declared_g) return say.changeSame;
    if (mass_g >= known.declared_g * ABSURD_FACTOR || mass_g * ABSURD_FACTOR <= known.declared_g) return say.changeAbsurd;
    return room(known.type, mass_g);
  }
  if (!type) return say.changeType;
  if (known.form === 'liquid' && !facts.types[type].takes_liquid) return say.changeNotLiquid;
  return room(type, known.declared_g);
}

function room(type, mass_g) {
  const most = facts.types[type]?.payload_max_g;
  return most && mass_g > most ? fill(say.changeTooSmall, { type: typeName(type), most: massText(most) }) : undefined;
}

async function change() {
  const kind = what();
  const mass_g = kind === 'amount' ? grams() : null;
  const type = kind === 'packaging' ? field('container_type').value : '';
  const problem = problemOf(kind, mass_g, type);
  if (problem) return showProblem(form(), problem);
  const reason = reasonGiven(form(), true);
  if (!reason) return undefined;
  const firm_name = field('firm_name').value.trim();
  const firm_role = field('firm_role').value;
  if (!firm_name || !firm_role) return showProblem(form(), say.changeWho);
  const signature = await pad.picture();
  if (!signature) return showProblem(form(), say.signMissing);
  const [photo = signature] = one('[name=photo]', form()).files;
  const { label } = now;
  const shown = kind === 'amount' ? `${massText(container().declared_g)} → ${massText(mass_g)}` : `${typeName(container().type)} → ${typeName(type)}`;
  const body = { container_id: container().id, stop_id: gate.dataset.stop, round_id: gate.dataset.round, what: kind, mass_g, container_type: type, firm_name, firm_role, reason: reason.code, note: reason.note };
  const answer = await send('change_agreed', body, { words: `${say.changed} ${shortLabel(label)} ${shown}`, photo, buttons: all('[data-change-send]') });
  return done(answer, shown);
}

function done(answer, shown) {
  if (!answer) return;
  const good = (answer.ok || answer.kept) && !answer.warnings.length;
  if (good && now.scanned === now.label) {
    // It was on its way to the scale.
    choose(now.label);
    signal('good');
    go('weigh');
    one('[data-weigh-line]').textContent = `${say.changed} ${shown} · ${answer.kept ? say.savedOnPhone : say.changedNext}`;
    return;
  }
  if (answer.ok || answer.kept) verdict(answer.kept ? 'active' : 'good', say.changed, shown, answer.kept ? `${say.savedOnPhone} ${answer.message}` : say.changedNext, answer.warnings);
  else verdict('bad', answer.conflict ? say.conflict : say.notRecorded, shown, answer.message);
  go('verdict');
}

// Only what belongs to the kind of change that was chosen.
const REASONS = { amount: ['declared_wrong', 'part_stays', 'added', 'other'], packaging: ['repacked', 'damaged', 'other'] };

function drawWhat() {
  for (const part of all('[data-what]', form())) part.hidden = part.dataset.what !== what();
  for (const part of all('[data-after-what]', form())) part.hidden = !what();
  for (const choice of all('[name=reason]', form())) {
    const fits = Boolean(REASONS[what()]?.includes(choice.value));
    choice.closest('.choice').hidden = !fits;
    if (!fits) choice.checked = false;
  }
  pad.fit();
}

function prepare() {
  if (!container() || container().state !== 'labelled' || mayRideHere(container(), gate.dataset.stop)) return go('container');
  form().reset();
  for (const option of all('option', field('container_type'))) option.disabled = option.value === container().type;
  drawWhat();
  showPhotos();
  showProblem(form(), '');
  pad.clear();
  return pad.fit();
}

export function attachChange() {
  pad = new SignPad(one('canvas', form()), (signed) => signed && showProblem(form(), ''));
  one('[data-pad-undo]', form()).addEventListener('click', () => pad.undo());
  form().addEventListener('change', drawWhat);
  form().addEventListener('submit', (event) => (event.preventDefault(), change()));
  one('[data-change-send]').addEventListener('click', change);
  onEnter('change', prepare);
}
