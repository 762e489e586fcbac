// The driving clock on the page: counts on from what the server knew, with the acts that wait on this phone laid over it.
import { count } from './driving_time.js';
import { mine } from './outbox.js';

const one = (selector, root = document) => root.querySelector(selector);
// What an act says about the vehicle. Scans and signatures are made where it stands.
const MEANS = {
  round_start: 'depart', trip_start: 'depart', stop_close: 'depart', trip_arrive: 'stand', round_finish: 'finish',
  rest_begin: 'rest_begin', rest_end: 'rest_end', load: 'stand', refuse: 'stand', unload_back: 'stand', hand_over: 'stand',
};

const momentsOf = (acts) =>
  acts.filter((act) => act.state === 'waiting' && MEANS[act.kind]).map((act) => ({ what: MEANS[act.kind], at_s: Math.round(Date.parse(act.at) / 1000) }));

let timer;
let warned;

// Show the clock now and every ten seconds.
export async function keepClock() {
  clearTimeout(timer);
  const place = one('[data-clock]');
  if (!place) return;
  const rule = JSON.parse(place.dataset.clockRule);
  const moments = [...JSON.parse(place.dataset.clockMoments), ...momentsOf(await mine().catch(() => []))];
  show(place, count(moments, rule, Math.round(Date.now() / 1000)), rule);
  timer = setTimeout(keepClock, 10_000);
}

function show(place, now, rule) {
  const say = place.dataset;
  const span = (seconds) => {
    const minutes = Math.max(0, Math.round(seconds / 60));
    const pattern = minutes < 60 ? say.textM : minutes % 60 ? say.textHm : say.textH;
    return pattern.replace('{h}', Math.floor(minutes / 60)).replace('{m}', minutes % 60);
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? '');
  const values = { time: span(now.since_rest_s), left: span(now.state === 'resting' ? now.rest_left_s : now.left_s), max: span(rule.max_s), need: span(rule.break_s) };
  const which = () => {
    if (now.state === 'resting') return now.rest_left_s > 0 ? say.textResting : say.textRested;
    if (now.level === 'over') return say.textOver;
    if (now.level === 'soon') return say.textSoon;
    return now.state === 'driving' ? say.textDriving : say.textStanding;
  };
  place.dataset.level = now.state === 'resting' ? 'rest' : now.level;
  place.dataset.state = now.state;
  one('[data-clock-text]', place).textContent = fill(which(), values);
  // Told once when it becomes so: a phone in a holder is not looked at all the time.
  if (now.state === 'driving' && now.level !== 'ok' && warned !== now.level) {
    warned = now.level;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
  }
  showRest(now, fill, values, span);
}

// The rest's own screen.
function showRest(now, fill, values, span) {
  const panel = one('[data-rest-panel]');
  if (!panel) return;
  const resting = now.state === 'resting';
  const title = one('[data-rest-title]', panel);
  const note = one('[data-rest-note]', panel);
  title.textContent = resting ? title.dataset.textResting : title.dataset.textDriving;
  one('[data-rest-big]', panel).textContent = span(resting ? now.rest_s : now.since_rest_s);
  note.textContent = fill(resting ? note.dataset.textResting : note.dataset.textDriving, values);
  one('[data-rest-begin]')?.toggleAttribute('hidden', resting);
  one('[data-rest-end]')?.toggleAttribute('hidden', !resting);
}
