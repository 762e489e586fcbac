// The gate's page: its words, its screens one at a time, and where the phone is.
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const one = (selector, root = document) => root.querySelector(selector);

export const gate = one('[data-gate]');
const json = (name) => JSON.parse(one(`script[${name}]`)?.textContent ?? 'null');
export const say = gate ? json('data-gate-words') : {};
export const pageFacts = gate ? json('data-gate-facts') : null;
export const english = document.documentElement.lang === 'en';
export const nameOf = (each) => (each && (english ? each.name_en : each.name_zh)) || '';

// What the driver is busy with: `label` and, when the page lists it, `item`; `tray`: labels scanned and
// not weighed yet; `loaded`: what was loaded last; `seals`: what the seal of each scanned label proved
// (label_seal.js); `reads`: the text that was read with it.
export const now = { label: '', item: null, tray: [], loaded: [], opens: false, scanned: '', seals: {}, reads: {} };

// -- words ----------------------------------------------------------------------------------------------------------

export const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// As web/formatting.py writes masses.
export function massText(grams) {
  if (grams && Math.abs(grams) < 50) return `${grams} g`;
  if (Math.abs(grams) < 10_000_000) return `${(Math.round(grams / 100) / 10).toFixed(1)} kg`;
  return `${(Math.round(grams / 1000) / 1000).toFixed(3)} t`;
}

// The sentence of a verdict, with its numbers.
export function explain(code, params) {
  const shown = (name) => (name.endsWith('_g') && Number.isInteger(params[name]) ? massText(params[name]) : (params[name] ?? '—'));
  return (say.sentences[code] ?? say.notHere).replace(/%\((\w+)\)s/g, (_, name) => shown(name));
}

export const shortLabel = (label) => `…${label.slice(-11, -3)} ${label.slice(-3)}`;

// -- screens --------------------------------------------------------------------------------------------------------

const NEEDS_CONTAINER = ['weigh', 'refuse', 'container', 'bind', 'change', 'verdict'];
const entered = new Map();
const left = [];

export const onEnter = (name, work) => entered.set(name, work);
export const onLeave = (work) => left.push(work);

export function show(name) {
  const known = all('[data-screen]', gate).some((screen) => screen.dataset.screen === name);
  const wanted = known && (now.opens || name === 'list') ? name : 'list';
  if (NEEDS_CONTAINER.includes(wanted) && !now.label) return location.replace('#list');
  for (const screen of all('[data-screen]', gate)) screen.hidden = screen.dataset.screen !== wanted;
  for (const bar of all('[data-actions-for]')) bar.hidden = bar.dataset.actionsFor !== wanted;
  for (const work of left) work(wanted);
  entered.get(wanted)?.();
  window.scrollTo(0, 0);
}

export function go(name) {
  if (location.hash === `#${name}`) show(name);
  else location.hash = `#${name}`;
}

export function showProblem(form, text) {
  const place = one('[data-problem]', form);
  place.textContent = text;
  place.hidden = !text;
  if (text) place.scrollIntoView({ block: 'center' });
}

export function busy(buttons, on) {
  for (const button of buttons) button.classList.toggle('is-busy', on);
}

// How many photos each picker holds.
export function showPhotos() {
  for (const input of all('.driver-photo input', gate)) {
    const spot = one('[data-photo-words]', input.parentElement);
    spot.textContent = input.files.length ? spot.dataset.some : spot.dataset.none;
  }
}

// The reason that was chosen, or undefined after saying what is missing. `photoNow`: photos are asked for on this form.
export function reasonGiven(form, photoNow) {
  const chosen = one('input[name=reason]:checked', form);
  const note = one('[name=note]', form).value.trim();
  const photo = one('[name=photo]', form)?.files.length;
  let problem = '';
  if (!chosen) problem = say.reason;
  else if ('needsNote' in chosen.dataset && !note) problem = say.note;
  else if (photoNow && 'needsPhoto' in chosen.dataset && !photo) problem = say.photo;
  showProblem(form, problem);
  return problem ? undefined : { code: chosen.value, note, name: one('.choice-title', chosen.closest('.choice')).textContent };
}

// -- place ----------------------------------------------------------------------------------------------------------

const PLACE_HOLDS_MS = 10 * 60_000;
let found;

export function findPlace() {
  navigator.geolocation?.getCurrentPosition(
    ({ coords, timestamp }) => {
      found = {
        lon_e6: Math.round(coords.longitude * 1e6),
        lat_e6: Math.round(coords.latitude * 1e6),
        accuracy_m: Math.round(coords.accuracy),
        at: new Date(timestamp).toISOString(),
      };
    },
    () => {},
    { maximumAge: 120_000, timeout: 10_000, enableHighAccuracy: true },
  );
}

// Where the phone was of late, or undefined: an act never waits for a place.
export const place = () => (found && Date.now() - Date.parse(found.at) < PLACE_HOLDS_MS ? found : undefined);
