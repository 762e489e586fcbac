// Where the vehicle is, while its crew is on duty and this app is open: said on the screen, gathered without a network, sent
// in batches, and stopped by the driver with one press (F51). Nothing is gathered before the departure or after the end.
import { dayFacts } from './day.js';
import { overlay } from './overlay.js';
import { changeFact, fact, keepFact } from './store.js';
import { post, words } from './server.js';

const KEPT_MAX = 3000;
const BATCH_MAX = 200;
const EVERY_S = 60;

const one = (selector) => document.querySelector(selector);
const sign = one('[data-position-sign]');
let watching;
let round;
let lastKept = 0;

// The round that this person drives now, by the stored day and what waits in the outbox.
async function onDuty() {
  const [first] = (await dayFacts())?.rounds ?? [];
  if (!first) return undefined;
  const laid = (await overlay()).rounds[first.id]?.state;
  return (laid ?? first.state) === 'under_way' ? first : undefined;
}

function show(state) {
  if (!sign) return;
  sign.hidden = false;
  sign.dataset.state = state;
  for (const each of sign.querySelectorAll('[data-position-when]')) each.hidden = each.dataset.positionWhen !== state;
}

async function taken({ coords }) {
  show('on');
  const every = ((await fact('position_every_s').catch(() => 0)) || EVERY_S) * 1000;
  if (!round || Math.abs(Date.now() - lastKept) < every) return;
  lastKept = Date.now();
  const fix = {
    round_id: round.id,
    user: words.user,
    at: new Date().toISOString(),
    lon_e6: Math.round(coords.longitude * 1e6),
    lat_e6: Math.round(coords.latitude * 1e6),
    accuracy_m: Math.round(coords.accuracy),
  };
  // A day without a network: the oldest go first when there are too many.
  await changeFact('positions', (before = []) => [...before, fix].slice(-KEPT_MAX)).catch(() => {});
  await send();
}

let sending = false;
async function send() {
  if (sending || !navigator.onLine || !words.positions) return;
  sending = true;
  try {
    for (;;) {
      const held = ((await fact('positions')) ?? []).filter((fix) => fix.user === words.user);
      if (!held.length) break;
      const batch = held.filter((fix) => fix.round_id === held[0].round_id).slice(0, BATCH_MAX);
      const positions = batch.map(({ at, lon_e6, lat_e6, accuracy_m }) => ({ at, lon_e6, lat_e6, accuracy_m }));
      const answer = await post(words.positions, { round_id: held[0].round_id, positions });
      if (answer.later) break;
      // Kept or refused for good: either way the phone need not hold them.
      const sent = new Set(batch.map((fix) => fix.at));
      await changeFact('positions', (before = []) => before.filter((fix) => fix.round_id !== held[0].round_id || !sent.has(fix.at)));
      if (answer.ok) await keepFact('position_every_s', answer.body.every_s);
      if (answer.ok) tellChanged(answer.body.unread);
      if (answer.ok && !answer.body.on_duty) stop();
    }
  } catch (broken) {
    console.warn(broken);
  } finally {
    sending = false;
  }
}

// The dispatcher has changed the round: said on whatever page is open; the home page shows what.
function tellChanged(unread) {
  const bar = one('[data-round-changed]');
  const shown = one('template[data-step-now]')?.dataset.step === 'change';
  if (!bar || bar.hidden === !unread || (unread && shown)) return;
  bar.hidden = !unread;
  if (unread && navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
}

function stop() {
  if (watching !== undefined) navigator.geolocation.clearWatch(watching);
  watching = undefined;
}

async function look() {
  round = await onDuty().catch(() => undefined);
  if (!round) {
    stop();
    if (sign) sign.hidden = true;
    return send();
  }
  if ((await fact('positions_off').catch(() => '')) === round.id) {
    stop();
    return show('off');
  }
  if (!navigator.geolocation) return show('none');
  if (watching === undefined) {
    show('wait');
    watching = navigator.geolocation.watchPosition(taken, ({ code }) => show(code === 1 ? 'denied' : 'wait'), { enableHighAccuracy: true, maximumAge: 30_000, timeout: 60_000 });
  }
  return send();
}

async function turn(off) {
  await keepFact('positions_off', off ? round.id : '');
  await look();
}

export function keepPositions() {
  if (!words.user || !sign) return;
  one('[data-position-stop]')?.addEventListener('click', () => turn(true));
  one('[data-position-go]')?.addEventListener('click', () => turn(false));
  document.addEventListener('wh:day', look);
  document.addEventListener('wh:outbox', look);
  window.addEventListener('online', send);
  look();
}
