// The app around the pages: the service worker and its new versions, what this browser cannot do, room on the phone.
import { lock, usable } from './device.js';
import { leftOffline } from './lock.js';
import { words } from './server.js';
import { dropFact, fact, keepFact } from './store.js';
import { wipePages } from './wipe.js';

const one = (selector) => document.querySelector(selector);

// -- the service worker, and the bar that offers a new version ----------------------------------------------------------

export async function register() {
  if (!words.worker || !('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(words.worker, { scope: '/', updateViaCache: 'none' });
    if (registration.waiting && navigator.serviceWorker.controller) offer(registration);
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed' && navigator.serviceWorker.controller) offer(registration);
      });
    });
  } catch (refused) {
    console.warn(refused);
  }
}

// Never by itself: the driver decides, and what is being typed is not thrown away.
function offer(registration) {
  const bar = one('[data-new-version]');
  if (!bar) return;
  bar.hidden = false;
  one('[data-new-version-take]').addEventListener('click', () => {
    if (typing()) {
      one('[data-new-version-typing]').hidden = false;
      return;
    }
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    registration.waiting?.postMessage({ say: 'take-over' });
  });
}

// Something on this page was filled in or ticked and not sent, or is just being sent.
export function typing() {
  const changed = (field) => {
    if (field.type === 'hidden' || field.closest('[data-lock]')) return false;
    if (field.type === 'file') return field.files.length > 0;
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
    return field.value !== (field.defaultValue ?? field.value);
  };
  return Boolean(one('.is-busy')) || [...document.querySelectorAll('main input, main textarea')].some(changed);
}

// -- what a browser cannot do ------------------------------------------------------------------------------------------

// Names of the notices in driver/_install.html that apply here.
export async function lacks() {
  const agent = navigator.userAgent;
  const found = [];
  if (!window.isSecureContext) found.push('https');
  else if (!usable()) found.push('keys');
  else if (!('serviceWorker' in navigator)) found.push('worker');
  if (/MicroMessenger/i.test(agent)) found.push('wechat');
  if (/iPhone|iPad|iPod/.test(agent) && !isInstalled()) found.push('ios');
  if (window.isSecureContext && !(await hasCamera())) found.push('camera');
  if (usable() && !(await canStore())) found.push('private');
  return found;
}

export const isInstalled = () => window.matchMedia('(display-mode: standalone)').matches || navigator.standalone === true;

async function hasCamera() {
  if (!navigator.mediaDevices?.getUserMedia) return false;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.some(({ kind }) => kind === 'videoinput');
}

async function canStore() {
  const { quota = Infinity } = (await navigator.storage?.estimate?.().catch(() => ({}))) ?? {};
  return quota > 50_000_000;
}

async function showLacks() {
  const found = await lacks();
  for (const notice of document.querySelectorAll('[data-lack]')) notice.hidden = !found.includes(notice.dataset.lack);
}

// -- installing, room that stays ours, and signing out -----------------------------------------------------------------

window.addEventListener('beforeinstallprompt', (event) => {
  const button = one('[data-install]');
  if (!button) return;
  event.preventDefault();
  button.hidden = false;
  button.addEventListener('click', () => event.prompt(), { once: true });
});

export function start() {
  register();
  showLacks();
  navigator.storage?.persist?.().catch(() => {});
  document.addEventListener('wh:full', () => one('[data-full]')?.showModal());
  document.addEventListener('wh:no-store', () => one('[data-no-store]')?.removeAttribute('hidden'));
}

// Signing out takes the copies along at once. Without a network the server hears of it at the next contact.
document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-sign-out]')) return;
  event.preventDefault();
  signOut(event.target);
});

async function signOut(form) {
  await Promise.all([wipePages(), lock(words.user), keepFact('leaving', words.user)]).catch(() => {});
  const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) }).catch(() => null);
  if (!answer) return leftOffline();
  await dropFact('leaving').catch(() => {});
  return location.assign('/sign-in');
}

// A sign-out that the server has not heard of yet.
export async function finishLeaving() {
  if ((await fact('leaving').catch(() => undefined)) !== words.user) return false;
  await signOut(one('[data-sign-out]'));
  return true;
}
