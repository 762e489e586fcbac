// Weighing: one drum, or several equal ones together; net, or gross less tare; typed, or said by a scale.
import { newId } from './canonical.js';
import { difference, facts, judgeAct, lookUp, mayShareScale, tareOf, wasteName } from './gate_facts.js';
import { choose, openItems } from './gate_list.js';
import { all, busy, fill, gate, go, massText, now, onEnter, onLeave, one, say, shortLabel, showPhotos, showProblem } from './gate_page.js';
import { said } from './gate_scan.js';
import { act, showAnswer, verdict } from './gate_send.js';
import { shares } from './gate_rules.js';
import { connect, hasBluetooth } from './scale.js';

const form = () => one('[data-weigh]');
const input = (name) => one(`[name=${name}]`, form());
let together = false;
let gross = false;
let scale;

// What stands on the scale: the drum at hand, with the others that were scanned for weighing.
const group = () => (now.tray.includes(now.label) ? now.tray : [now.label]);
const weighed = () => (together ? group() : [now.label]);

// -- numbers --------------------------------------------------------------------------------------------------------

function gramsOf(field) {
  const text = field.value.normalize('NFKC').trim().replace(/[。,，]/g, '.').replace(/\s*(kg|公斤|千克)$/i, '');
  return /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : null;
}

// Net grams on the scale, or null while nothing that can be one is entered.
function netGrams() {
  const read = gramsOf(input('measured'));
  if (!gross || read === null) return read;
  const tare = gramsOf(input('tare'));
  return tare !== null && read > tare ? read - tare : null;
}

const masses = (labels, net) => (labels.length > 1 ? shares(net, labels.length) : [net]);

function showDifference() {
  const place = one('[data-difference]');
  const net = netGrams();
  const labels = weighed().filter((label) => facts.containers[label]);
  place.dataset.tone = '';
  place.textContent = '';
  one('[data-shares]').textContent = net && labels.length > 1 ? shareText(net, labels.length) : '';
  if (gross) one('[data-net]').textContent = net ? fill(say.net, { mass: massText(net) }) : '';
  if (!net || !labels.length) return;
  const each = masses(labels, net).map((mass, at) => difference(facts.containers[labels[at]], mass));
  const gap = each.reduce((sum, one_) => sum + one_.difference_g, 0);
  const within = each.every((one_) => one_.within);
  place.dataset.tone = within ? 'good' : 'warn';
  place.textContent = `${gapText(gap, net - gap)} ${within ? say.withinTolerance : fill(say.beyondTolerance, { mass: massText(Math.max(...each.map((one_) => one_.allowed_g))) })}`;
}

function gapText(gap, declared) {
  if (Math.abs(gap) < 50) return say.same;
  const values = { kg: (Math.abs(gap) / 1000).toFixed(1), percent: `${((Math.abs(gap) / declared) * 100).toFixed(1)}%` };
  return fill(gap > 0 ? say.more : say.less, values);
}

function shareText(net, count) {
  const [first, last] = [shares(net, count)[0], shares(net, count).at(-1)];
  const kilograms = (grams) => `${(grams / 1000).toFixed(3)} kg`;
  return fill(first === last ? say.sharesEven : say.shares, { n: count, each: kilograms(first), last: kilograms(last) });
}

// -- the screen -----------------------------------------------------------------------------------------------------

function prepare() {
  form().reset();
  showPhotos();
  showProblem(form(), '');
  const labels = group();
  together = together && labels.length > 1;
  draw(labels);
  input('measured').focus();
}

function draw(labels) {
  const shared = labels.length > 1;
  one('[data-group]').hidden = !shared;
  one('[data-together]').disabled = shared && !mayShareScale(labels);
  one('[data-apart]').setAttribute('aria-pressed', String(!together));
  one('[data-together]').setAttribute('aria-pressed', String(together));
  one('[data-group-words]').textContent = shared ? groupWords(labels) : '';
  one('[data-group-hint]').hidden = !shared || mayShareScale(labels);
  one('[data-one-drum]').hidden = together;
  one('[data-tare-field]').hidden = !gross;
  one('[data-gross]').setAttribute('aria-pressed', String(gross));
  one('[data-mass-label]').textContent = gross ? say.gross : say.weighing;
  if (gross) input('tare').value = (tareOf(weighed()) / 1000).toFixed(1);
  one('[data-net]').textContent = '';
  showDifference();
}

function groupWords(labels) {
  if (!together) return fill(say.oneOf, { at: labels.indexOf(now.label) + 1, n: labels.length });
  const declared = labels.reduce((sum, label) => sum + (facts.containers[label]?.declared_g ?? 0), 0);
  return fill(say.allTogether, { n: labels.length, name: wasteName(labels[0]), mass: massText(declared) });
}

// -- loading --------------------------------------------------------------------------------------------------------

async function load() {
  const net = netGrams();
  if (!net) return showProblem(form(), gross ? say.massGross : say.mass);
  const labels = [...weighed()];
  const parts = masses(labels, net);
  const problem = labels.map((label, at) => refusal(label, parts[at])).find(Boolean);
  if (problem) return showProblem(form(), problem);
  showProblem(form(), '');
  return labels.length > 1 ? loadTogether(labels, parts, net) : loadOne(labels[0], net);
}

// Why the phone would not load it, or undefined; the server is asked about drums that the phone does not know.
function refusal(label, measured_g) {
  const found = lookUp(label, 'camera', gate.dataset.stop);
  if (!found.container) return undefined;
  const judged = judgeAct(found, gate.dataset.stop, { measured_g });
  return judged.outcome === 'refused' ? `${judged.message} ${say.judgedHere}` : undefined;
}

function scaleFacts(net) {
  return gross ? { gross_g: gramsOf(input('measured')), tare_g: gramsOf(input('tare')), measured_g: net } : { measured_g: net };
}

const buttons = () => all('[data-load]');

async function loadOne(label, net) {
  const [photo] = input('photo').files;
  const what = [wasteName(label), massText(net)].filter(Boolean).join(' · ');
  const answer = await act('load', label, scaleFacts(net), { title: say.loaded, photo, buttons: buttons() });
  if (answer && !answer.refused) {
    now.tray = now.tray.filter((each) => each !== label);
    now.loaded = [label];
  }
  showAnswer(answer, { title: say.loaded, denied: say.denied, what, label, quiet: quietly(`${say.loaded} ${what}`) });
}

// On to the next drum without a stop: those that wait for the scale first, then those that are still to be scanned.
function quietly(text) {
  if (!now.tray.length && !openItems().length) return undefined;
  return ({ kept }) => {
    const [next] = now.tray;
    const line = kept ? `${text} · ${say.savedOnPhone}` : text;
    if (next) choose(next);
    go(next ? 'weigh' : 'scan');
    if (next) one('[data-weigh-line]').textContent = line;
    else said('good', line);
  };
}

async function loadTogether(labels, parts, net) {
  const lot_id = newId();
  const [photo] = input('photo').files;
  const whole = scaleFacts(net);
  busy(buttons(), true);
  const answers = [];
  for (const [at, label] of labels.entries()) {
    const body = { ...(at === 0 && gross ? { gross_g: whole.gross_g, tare_g: whole.tare_g } : {}), measured_g: parts[at], lot_id };
    answers.push(await act('load', label, body, { title: say.loaded, photo: at === 0 ? photo : undefined }));
  }
  busy(buttons(), false);
  now.tray = labels.filter((_, at) => answers[at]?.refused);
  const good = labels.filter((_, at) => !answers[at]?.refused);
  now.loaded = good;
  const bad = labels.flatMap((label, at) => (answers[at]?.refused ? [{ message: `${shortLabel(label)} ${answers[at].message}` }] : []));
  const warned = answers.flatMap((answer) => answer?.warnings ?? []);
  choose(labels[0]);
  const tone = bad.length ? 'bad' : answers.some((answer) => answer?.kept) ? 'active' : 'good';
  const mass = good.reduce((sum, label) => sum + parts[labels.indexOf(label)], 0);
  verdict(tone, bad.length ? say.notAllLoaded : say.loaded, fill(say.drums, { n: good.length, mass: massText(mass) }), tone === 'active' ? say.savedOnPhone : '', [...bad, ...warned]);
  together = false;
  go('verdict');
}

// -- a scale --------------------------------------------------------------------------------------------------------

async function useScale() {
  const state = one('[data-scale-state]');
  if (scale) return stopScale();
  state.textContent = say.scaleAsking;
  try {
    scale = await connect(heard, () => stopScale(say.scaleLost));
    state.textContent = fill(say.scaleOn, { name: scale.name || say.scale });
  } catch (refused) {
    state.textContent = refused.name === 'NotFoundError' ? say.scaleNone : say.scaleFailed;
  }
  one('[data-scale]').setAttribute('aria-pressed', String(Boolean(scale)));
  return undefined;
}

function heard(grams) {
  if (grams === null) return (one('[data-scale-state]').textContent = say.scaleUnstable);
  one('[data-scale-state]').textContent = fill(say.scaleOn, { name: scale?.name || say.scale });
  input('measured').value = (grams / 1000).toFixed(grams % 100 ? 3 : 1);
  return showDifference();
}

function stopScale(words = '') {
  scale?.stop();
  scale = undefined;
  one('[data-scale-state]').textContent = typeof words === 'string' ? words : '';
  one('[data-scale]').setAttribute('aria-pressed', 'false');
}

export function attachWeigh() {
  form().addEventListener('submit', (event) => (event.preventDefault(), load()));
  for (const button of buttons()) button.addEventListener('click', load);
  for (const name of ['measured', 'tare']) input(name).addEventListener('input', showDifference);
  one('[data-apart]').addEventListener('click', () => ((together = false), draw(group())));
  one('[data-together]').addEventListener('click', () => ((together = true), draw(group())));
  one('[data-gross]').addEventListener('click', () => ((gross = !gross), draw(group())));
  one('[data-scale]').hidden = !hasBluetooth();
  one('[data-scale]').addEventListener('click', useScale);
  onEnter('weigh', prepare);
  onLeave((wanted) => {
    // What was said stays for the screen that comes next, if that is this one again.
    if (wanted !== 'weigh') one('[data-weigh-line]').textContent = '';
    if (scale && wanted !== 'weigh' && wanted !== 'scan') stopScale();
  });
}
