// The day on the phone: the list of what the crew needs, each page and paper of it fetched into the phone's store, and the
// facts that the gate judges with. Asked for again whenever there is a network; only what has changed is fetched.
import { fetchKeys } from './label_seal.js';
import { renew } from './renew.js';
import { ask, keepToken, words } from './server.js';
import { alone, changeFact, fact, keepFact } from './store.js';
import { PAGES, wipePages } from './wipe.js';

const STALE_MS = 15 * 60_000;
const AT_ONCE = 2;
// Going from page to page asks once in a while; coming back to the network, or the driver, asks at once.
const RESTED_MS = 60_000;
// A sign-in that ends within a day is made to last again.
const RENEW_MS = 24 * 3_600_000;

// Rounds with trips, stops and containers, segregation, label keys, contacts, newest checkpoint; undefined before the first
// time. See GET /driver/day.json.
export async function dayFacts() {
  const day = await fact('day').catch(() => undefined);
  return day?.user === words.user ? day : undefined;
}

// Ask for the day and fetch what is new. Two tabs do not do it twice at once.
export async function syncDay({ now = true } = {}) {
  if (!words.day || !globalThis.caches) return undefined;
  const { at = 0, missing = ['?'] } = (await fact('fetched')) ?? {};
  if (!now && !missing.length && Date.now() - at < RESTED_MS) return undefined;
  return alone('day', fetchDay).catch((broken) => console.warn(broken));
}

async function fetchDay() {
  const { id } = (await fact(`device:${words.user}`)) ?? {};
  const answer = await ask(`${words.day}${id ? `?device=${id}` : ''}`);
  if (answer.revoked) return document.dispatchEvent(new CustomEvent('wh:revoked'));
  if (!answer.ok) return undefined;
  const day = answer.body;
  if ((await fact('day'))?.user !== day.user) await wipePages();
  if (day.user !== words.user) return undefined;
  const { csrf_token: token, ...facts } = day;
  await keepToken(token);
  await keepFact('session', { user: day.user, until: Date.parse(day.session_until) });
  const soon = Date.parse(day.session_until) - Date.parse(day.server_time) < RENEW_MS;
  if (id && words.session && (day.device !== id || soon)) await renew();
  await keepFact('day', facts);
  await keepFact('skew', { s: Math.round((Date.parse(day.server_time) - Date.now()) / 1000) });
  await forgetSettled(Date.parse(day.server_time));
  document.dispatchEvent(new CustomEvent('wh:day'));
  await fetchKeys();
  await fetchAll(day);
  return undefined;
}

// What the server had accepted before it wrote this day is in it.
async function forgetSettled(written) {
  await changeFact('settled', (before) => before?.filter((act) => act.settledAt > written));
}

async function fetchAll(day) {
  const store = await caches.open(PAGES);
  const known = (await fact('versions')) ?? {};
  const due = day.urls.filter(({ url, version }) => known[url]?.version !== version || Date.now() - known[url].at > STALE_MS);
  const queue = [...due];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await fetchOne(store, next);
    }),
  );
  const versions = (await fact('versions')) ?? {};
  const missing = day.urls.filter(({ url }) => !versions[url]).map(({ title }) => title);
  await keepFact('fetched', { at: Date.now(), missing, total: day.urls.length, build: day.build });
  if (!missing.length) {
    await forgetOthers(store, new Set(day.urls.map(({ url }) => url)));
    navigator.serviceWorker?.controller?.postMessage({ say: 'complete' });
  }
  document.dispatchEvent(new CustomEvent('wh:fetched'));
}

async function fetchOne(store, { url, version }) {
  const answer = await fetch(url, { credentials: 'same-origin', headers: { 'X-Wastehub-Fetch': 'day' } }).catch(() => null);
  if (!answer?.ok || answer.redirected || answer.headers.get('X-Wastehub-User') !== words.user) return;
  await store.put(url, answer);
  await changeFact('versions', (before = {}) => ({ ...before, [url]: { version, at: Date.now() } }));
}

// Pages of other days: no longer this driver's business.
async function forgetOthers(store, wanted) {
  for (const request of await store.keys()) {
    const { pathname, search } = new URL(request.url);
    if (!wanted.has(pathname + search)) await store.delete(request);
  }
}
