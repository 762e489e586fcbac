// What the server's pages cannot know yet: acts that wait on this phone, and those that it accepted after the page was kept.
import { mine } from './outbox.js';
import { words } from './server.js';
import { fact } from './store.js';

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// {containers: {label_code: {state, measured_g, waiting}}, stops, trips, rounds: {id: {state, waiting}}}, by what the acts mean.
export async function overlay() {
  const settled = ((await fact('settled')) ?? []).filter((act) => act.user === words.user);
  const waiting = (await mine()).filter((act) => act.state === 'waiting');
  const found = { containers: {}, stops: {}, trips: {}, rounds: {} };
  for (const act of settled) apply(found, act, false);
  for (const act of waiting) apply(found, act, true);
  return found;
}

function apply(found, { kind, body }, waiting) {
  const put = (group, id, state) => id && (found[group][id] = { state, waiting });
  const container = (state) => {
    const { label_code, measured_g } = body;
    found.containers[label_code] = { state, measured_g: state === 'loaded' ? measured_g : undefined, waiting };
  };
  if (kind === 'load') container('loaded');
  if (kind === 'refuse') container('refused');
  if (kind === 'unload_back') container('expected');
  if (kind === 'stop_close') put('stops', body.stop_id, body.outcome);
  if (kind === 'round_start') put('rounds', body.round_id, 'under_way');
  if (kind === 'round_finish') put('rounds', body.round_id, 'finished');
  if (kind === 'trip_start') put('trips', body.trip_id, 'under_way');
  if (kind === 'trip_arrive') put('trips', body.trip_id, 'arrived');
}

export async function showOverlay() {
  badges(await overlay());
}

// Lists of stops: what was done and waits.
function badges({ stops }) {
  const pattern = one('template[data-overlay-waiting]');
  for (const item of all('[data-stop-id]')) {
    const { state, waiting } = stops[item.dataset.stopId] ?? {};
    one('[data-overlay-badge]', item)?.remove();
    if (!state || !pattern) continue;
    item.dataset.done = state;
    item.classList.add('is-done');
    item.classList.remove('is-now');
    if (!waiting) continue;
    const badge = pattern.content.cloneNode(true).firstElementChild;
    badge.dataset.overlayBadge = '';
    (one('.driver-item-text', item) ?? item).append(badge);
  }
  const open = all('[data-stop-id]:not(.is-done)');
  if (Object.keys(stops).length && !open.some((item) => item.classList.contains('is-now'))) open[0]?.classList.add('is-now');
}
