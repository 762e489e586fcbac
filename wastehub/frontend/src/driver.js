// The crew's screens: what the outbox holds, acts of one button, and the gate: scan, weigh, load or refuse, leave.
import { readLabel } from './label_seal.js';
import { flush, forget, mine, shrink, submit, words } from './outbox.js';

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

function tell(place, tone, text) {
  place.className = `notice notice-${tone}`;
  place.textContent = text;
  place.hidden = false;
  place.scrollIntoView({ block: 'nearest' });
}

// -- acts of one button: leave the platform, close a gate, arrive, end the day -------------------------------------

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-act]')) return;
  event.preventDefault();
  if (form.dataset.busy || (one('[data-reasons]', form) && !reasonGiven(form, false))) return;
  form.dataset.busy = '1';
  const buttons = all(`button[type=submit]`, form).concat(all(`button[form="${form.id}"]`));
  buttons.forEach((button) => button.classList.add('is-busy'));
  const { csrf_token: _token, ...body } = Object.fromEntries(new FormData(form));
  const answer = await submit({ kind: 'act', url: form.dataset.act, body, plain: 'plain' in form.dataset, words: form.dataset.words });
  buttons.forEach((button) => button.classList.remove('is-busy'));
  const place = one('[data-act-message]', form) ?? one('[data-act-message]', form.closest('[data-screen]') ?? document);
  if (answer.ok) {
    location.assign(form.dataset.next);
    return;
  }
  if (answer.kept) {
    // It lies in the outbox: pressing again would only put it there twice.
    tell(place, 'info', navigator.onLine ? words.textUnsent : words.textSaved);
    buttons.forEach((button) => (button.disabled = true));
    return;
  }
  delete form.dataset.busy;
  tell(place, 'bad', answer.message);
});

function reasonGiven(form, photoNow) {
  const chosen = one('input[name=reason]:checked', form);
  const note = one('[name=note]', form).value.trim();
  const photo = one('[name=photo]', form)?.files.length;
  let problem = '';
  if (!chosen) problem = gate.dataset.textReason;
  else if ('needsNote' in chosen.dataset && !note) problem = gate.dataset.textNote;
  else if (photoNow && 'needsPhoto' in chosen.dataset && !photo) problem = gate.dataset.textPhoto;
  showProblem(form, problem);
  return !problem;
}

function showProblem(form, text) {
  const place = one('[data-problem]', form);
  place.textContent = text;
  place.hidden = !text;
  if (text) place.scrollIntoView({ block: 'center' });
}

// -- the outbox's own page ------------------------------------------------------------------------------------------

async function drawOutbox() {
  const acts = await mine();
  for (const place of all('[data-outbox-count]')) place.textContent = acts.length ? String(acts.length) : '';
  const list = one('[data-outbox-list]');
  if (!list) return;
  one('[data-outbox-empty]').hidden = acts.length > 0;
  list.replaceChildren(
    ...acts.map((act) => {
      const item = one('[data-outbox-item]').content.cloneNode(true);
      one('[data-item-words]', item).textContent = act.words ?? '';
      one('[data-item-at]', item).textContent = new Date(act.at).toLocaleString(document.documentElement.lang);
      one('[data-item-message]', item).textContent = act.message ?? '';
      const button = one('[data-item-forget]', item);
      button.hidden = act.state !== 'attention';
      button.addEventListener('click', () => forget(act.seq));
      return item;
    }),
  );
}
document.addEventListener('wh:outbox', drawOutbox);
one('[data-outbox-send]')?.addEventListener('click', flush);

// -- the gate -------------------------------------------------------------------------------------------------------

const gate = one('[data-gate]');
const say = gate?.dataset ?? {};
let current = null; // {label, item}; item is null for a label that the list does not know
let place = {};

function show(name) {
  const known = all('[data-screen]', gate).some((screen) => screen.dataset.screen === name);
  const wanted = known ? name : 'list';
  if (['weigh', 'refuse', 'container', 'bind', 'verdict'].includes(wanted) && !current) return location.replace('#list');
  for (const screen of all('[data-screen]', gate)) screen.hidden = screen.dataset.screen !== wanted;
  for (const bar of all('[data-actions-for]')) bar.hidden = bar.dataset.actionsFor !== wanted;
  for (const { scanner } of all('[data-scanner]', gate)) {
    if (scanner) scanner.wanted = false;
    scanner?.stop();
  }
  if (['scan', 'bind'].includes(wanted)) one(`[data-screen=${wanted}] [data-scanner]`, gate)?.scanner?.start();
  if (wanted === 'scan') findPlace();
  if (wanted === 'weigh') prepareWeighing();
  if (wanted === 'refuse') showProblem(one('[data-refuse]'), '');
  count();
  window.scrollTo(0, 0);
}

function findPlace() {
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      place = {
        lon_e6: Math.round(coords.longitude * 1e6),
        lat_e6: Math.round(coords.latitude * 1e6),
        accuracy_m: Math.round(coords.accuracy),
      };
    },
    () => {},
    { maximumAge: 120_000, timeout: 10_000, enableHighAccuracy: true },
  );
}

const items = () => all('[data-containers] > li', gate);
const inState = (...states) => items().filter((item) => states.includes(item.dataset.state));
const loadedItems = () => items().filter((item) => item.dataset.state === 'loaded' || item.dataset.saved === 'loaded');
const openItems = () => inState('expected').filter((item) => !item.dataset.saved);

function count() {
  const loaded = loadedItems().length;
  for (const spot of all('[data-count-loaded]', gate)) spot.textContent = loaded;
  for (const spot of all('[data-when-none]')) spot.hidden = loaded > 0;
  for (const spot of all('[data-when-some]')) spot.hidden = openItems().length === items().length;
  const partly = one('[data-leave-partly]', gate);
  if (partly) {
    partly.hidden = loaded === 0 || loaded === items().length;
    one('[data-leave-empty]', gate).hidden = loaded > 0;
  }
}

function choose(item, label = item?.dataset.label) {
  current = { item, label };
  const state = item ? item.dataset.saved || item.dataset.state : 'expected';
  for (const spot of all('[data-current-code]', gate)) spot.textContent = `…${label.slice(-11, -3)} ${label.slice(-3)}`;
  for (const spot of all('[data-current-name]', gate)) spot.textContent = item?.dataset.name ?? '';
  for (const spot of all('[data-current-declared]', gate)) spot.textContent = item?.dataset.declaredText ?? '';
  for (const spot of all('[data-current-id]', gate)) spot.value = item?.dataset.id ?? '';
  const status = one('[data-current-status]', gate);
  status?.replaceChildren(...(item ? [...one('[data-item-status]', item).cloneNode(true).childNodes] : []));
  for (const button of all('[data-actions-for=container] [data-when]')) {
    button.hidden = !button.dataset.when.split(' ').includes(state);
  }
}

// The code stands in the QR code's address; gloves type the short code or the last few characters.
function findItem(text, source) {
  const { code: bare, short } = readLabel(text);
  const exact = items().find((item) => item.dataset.label === bare || (short && item.dataset.short === short));
  if (exact || source !== 'typed' || bare.length < 3) return [exact, bare];
  const ending = items().filter((item) => item.dataset.label.endsWith(bare));
  return [ending.length === 1 ? ending[0] : undefined, ending.length === 1 ? ending[0].dataset.label : text.trim()];
}

async function scanned({ detail, target }) {
  const [item, found] = findItem(detail.text, detail.source);
  const label = item?.dataset.label ?? found;
  choose(item ?? null, label);
  const doubt = one(`[data-seal="${detail.seal}"][data-bad]`, target);
  // A label of this stop may carry an address of before: then only its seal can speak against it.
  if (doubt && !(item && detail.seal === 'other_origin')) {
    verdict('bad', say.textDenied, label, doubt.textContent);
    location.hash = '#verdict';
    return;
  }
  if (item?.dataset.state === 'unlabelled') {
    location.hash = '#container';
    return;
  }
  if (item && item.dataset.state !== 'other' && (item.dataset.saved || item.dataset.state) !== 'loaded') {
    location.hash = '#weigh';
    return;
  }
  if (item && (item.dataset.saved || item.dataset.state) === 'loaded') {
    location.hash = '#container';
    return;
  }
  // Not on the list: the server knows why; what the firm registered meanwhile it knows, too.
  verdict('active', say.textNotHere, label, say.textAsking);
  location.hash = '#verdict';
  const answer = await report('load', {}, { words: label });
  if (answer.kept) verdict('bad', say.textDenied, label, say.textNotHere);
  else verdict('bad', say.textDenied, label, answer.message);
}

// A label of a roll: the number stands at the end of its address. The crew sees it before it binds it.
function rollScanned({ detail }) {
  const code = detail.text.split('/').pop().replace(/[^0-9a-z]/gi, '').toUpperCase();
  one('#roll-code').value = code.replace(/^(.{4})(.{4})(.)$/, '$1-$2-$3').slice(0, 60);
}

function report(kind, body, more = {}) {
  return submit({
    kind: 'scan',
    body: { round_id: say.round, stop_id: say.stop, kind, label_code: current.label, ...place, ...body },
    ...more,
  });
}

// -- weighing -------------------------------------------------------------------------------------------------------

const massInput = one('#measured');

function grams() {
  const text = massInput.value.normalize('NFKC').trim().replace(/[。,，]/g, '.').replace(/\s*(kg|公斤|千克)$/i, '');
  return /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : null;
}

function prepareWeighing() {
  massInput.value = '';
  one('[data-weigh]').reset();
  showPhotos();
  one('[data-difference]').textContent = '';
  showProblem(one('[data-weigh]'), '');
  massInput.focus();
}

function showPhotos() {
  for (const input of all('.driver-photo input', gate)) {
    const spot = one('[data-photo-words]', input.parentElement);
    spot.textContent = input.files.length ? spot.dataset.some : spot.dataset.none;
  }
}

function showDifference() {
  const measured = grams();
  const declared = Number(current?.item?.dataset.declared ?? 0);
  let text = '';
  if (measured && declared) {
    const gap = measured - declared;
    const kilograms = (Math.abs(gap) / 1000).toFixed(1);
    const percent = `${((Math.abs(gap) / declared) * 100).toFixed(1)}%`;
    const pattern = gap > 0 ? say.textMore : say.textLess;
    text = Math.abs(gap) < 50 ? say.textSame : pattern.replace('{kg}', kilograms).replace('{percent}', percent);
  }
  one('[data-difference]').textContent = text;
}

async function load() {
  const form = one('[data-weigh]');
  const measured = grams();
  if (!measured) return showProblem(form, say.textMass);
  const declared = Number(current.item?.dataset.declared ?? 0);
  if (declared && (measured >= declared * 10 || measured * 10 <= declared)) return showProblem(form, say.textAbsurd);
  await send('load', { measured_g: measured }, form, say.textLoaded, 'loaded', `${massInput.value.trim()} kg`);
}

async function refuse() {
  const form = one('[data-refuse]');
  if (!reasonGiven(form, true)) return;
  const body = { reason: one('input[name=reason]:checked', form).value, note: one('[name=note]', form).value.trim() };
  const reason = one('input[name=reason]:checked', form).closest('.choice').querySelector('.choice-title').textContent;
  await send('refuse', body, form, say.textRefused, 'refused', reason);
  form.reset();
  showPhotos();
}

const unload = () => send('unload_back', {}, null, say.textUndone, 'expected', '');

let sending = false;
async function send(kind, body, form, title, state, what) {
  if (sending) return;
  sending = true;
  const buttons = all('[data-load], [data-refuse-send], [data-unload]');
  buttons.forEach((button) => button.classList.add('is-busy'));
  const [file] = form ? one('[name=photo]', form).files : [];
  const photo = file ? await shrink(file) : undefined;
  const { item, label } = current;
  const spoken = `${title} …${label.slice(-11)}`;
  const answer = await report(kind, body, { photo, words: spoken });
  buttons.forEach((button) => button.classList.remove('is-busy'));
  sending = false;
  if (answer.kept) {
    mark(item, state, what, true);
    verdict('active', say.textSaved, spoken, navigator.onLine ? words.textUnsent : words.textSaved);
  } else if (answer.ok) {
    mark(item, state, what, false);
    verdict('good', title, [item?.dataset.name, what].filter(Boolean).join(' · '), '', answer.verdict.warnings);
  } else {
    verdict('bad', kind === 'load' ? say.textDenied : say.textNotRecorded, item?.dataset.name ?? label, answer.message);
  }
  location.hash = '#verdict';
}

function mark(item, state, what, saved) {
  if (!item) return;
  if (saved) item.dataset.saved = state;
  else {
    item.dataset.state = state;
    delete item.dataset.saved;
  }
  const status = one(`template[data-status="${saved ? 'saved' : state}"]`, gate).content.cloneNode(true);
  one('[data-item-status]', item).replaceChildren(status, ` ${what}`);
}

function verdict(tone, title, what, message, warnings = []) {
  const panel = one('[data-verdict]', gate);
  panel.dataset.tone = tone;
  for (const glyph of all('[data-verdict-icon]', panel)) glyph.hidden = glyph.dataset.verdictIcon !== tone;
  one('[data-verdict-title]').textContent = title;
  one('[data-verdict-what]').textContent = what;
  one('[data-verdict-message]').textContent = message;
  one('[data-verdict-warnings]').replaceChildren(
    ...warnings.map((warning) => {
      const box = document.createElement('p');
      box.className = 'notice notice-warn';
      box.textContent = warning.message;
      return box;
    }),
  );
  const left = openItems().length;
  one('[data-verdict-left]').textContent = left ? say.textLeft.replace('{n}', left) : say.textAll;
  one('[data-verdict-more]').hidden = left === 0;
  one('[data-verdict-leave]').hidden = left > 0;
  count();
  if (tone === 'bad') navigator.vibrate?.([120, 80, 120]);
}

if (gate && 'open' in say) {
  one('[data-scanner]', gate).addEventListener('wh:scan', scanned);
  one('#roll-scanner').addEventListener('wh:scan', rollScanned);
  massInput.addEventListener('input', showDifference);
  gate.addEventListener('change', showPhotos);
  one('[data-weigh]').addEventListener('submit', (event) => (event.preventDefault(), load()));
  one('[data-refuse]').addEventListener('submit', (event) => (event.preventDefault(), refuse()));
  one('[data-load]').addEventListener('click', load);
  one('[data-refuse-send]').addEventListener('click', refuse);
  one('[data-unload]').addEventListener('click', unload);
  for (const button of all('[data-open-container]', gate)) {
    button.addEventListener('click', () => {
      choose(button.closest('li'));
      location.hash = '#container';
    });
  }
  window.addEventListener('hashchange', () => show(location.hash.slice(1) || 'list'));
  // What lies in the outbox of an earlier visit is shown as saved, not as still to be scanned.
  mine().then((acts) => {
    for (const act of acts.filter((each) => each.kind === 'scan' && each.state === 'waiting' && each.body.stop_id === say.stop)) {
      const item = items().find((each) => each.dataset.label === act.body.label_code);
      mark(item, { load: 'loaded', refuse: 'refused', unload_back: 'expected' }[act.body.kind], '', true);
    }
    show(location.hash.slice(1) || 'list');
  });
}
