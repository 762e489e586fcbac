// On every page of the cab: the door, the app's shell, the day on the phone, what waits to be sent.
import { adopt } from './adopt.js';
import { syncDay } from './day.js';
import { device } from './device.js';
import { guard, lockNow, revoked } from './lock.js';
import { flush } from './outbox.js';
import { drawOutbox } from './outbox_page.js';
import { showOverlay } from './overlay.js';
import { keepPositions } from './position.js';
import { renew } from './renew.js';
import { retireGone } from './retire.js';
import { deviceState, words } from './server.js';
import { finishLeaving, start } from './shell.js';
import './speak.js';
import { showStored } from './stored.js';
import './unsent_file.js';

const AGAIN_MS = 10 * 60_000;

// What is done whenever there may be a network. A phone that was taken out of service empties itself before anything else.
async function online({ now = true, unlocked = false } = {}) {
  const known = await device(words.user);
  if (!known) return undefined;
  if ((await deviceState(known.id)) === 'revoked') return revoked();
  if (unlocked) {
    await renew();
    await adopt();
  }
  await flush();
  await retireGone();
  return syncDay({ now });
}

if (words.user) {
  document.addEventListener('wh:revoked', revoked);
  document.addEventListener('wh:unlocked', () => online({ unlocked: true }));
  document.addEventListener('wh:fetched', showStored);
  document.addEventListener('wh:outbox', () => Promise.all([drawOutbox(), showOverlay()]));
  document.querySelector('[data-lock-now]')?.addEventListener('click', lockNow);
  start();
  showStored();
  showOverlay();
  drawOutbox();
  keepPositions();
  finishLeaving().then((leaving) => leaving || guard().then(() => online({ now: false })));
  window.addEventListener('online', () => online());
  setInterval(online, AGAIN_MS);
}
