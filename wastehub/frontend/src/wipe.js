// Takes a driver's copies off this phone: pages, papers, the day's facts, the key. What was signed and not sent stays.
import { forget } from './device.js';
import { dropFact } from './store.js';

export const PAGES = 'wastehub-pages';

export async function wipePages() {
  if (globalThis.caches) await caches.delete(PAGES);
  for (const name of ['day', 'versions', 'fetched', 'settled', 'token']) await dropFact(name);
}

export async function wipeAll(user) {
  await wipePages();
  await forget(user);
}
