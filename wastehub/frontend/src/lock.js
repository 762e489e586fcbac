// The door of the phone: a PIN of six digits. Chosen once after signing in, asked when the app starts and after a rest.
import { canonical } from './canonical.js';
import * as device from './device.js';
import { post, words } from './server.js';
import { fact, keepFact } from './store.js';
import { wipeAll } from './wipe.js';

const STARTED = 'wastehub-started';
const TOUCH_MS = 30_000;
const one = (selector, root = document) => root.querySelector(selector);
const panel = one('[data-lock]');
const idleMs = () => Number(words.lockMinutes || 30) * 60_000;

let opening;
// The key, after asking for the PIN if need be; null when this phone cannot sign, or the driver must sign in again.
export async function unlocked() {
  if (!device.usable() || !words.user) return null;
  const key = await device.openKey(words.user, idleMs());
  if (key && !(await expired())) return key;
  await (opening ??= ask4Pin().finally(() => (opening = undefined)));
  return device.openKey(words.user, idleMs());
}

// The sign-in that lasts has an end; after it only the server opens the door.
async function expired() {
  const lasts = await fact('session');
  return Boolean(lasts && lasts.user === words.user && lasts.until < Date.now());
}

// Another page of the app is alive, or this tab has been open before: then the app does not start now.
async function appStarts() {
  if (sessionStorage.getItem(STARTED)) return false;
  sessionStorage.setItem(STARTED, '1');
  const held = (await navigator.locks?.query())?.held ?? [];
  return !held.some((each) => each.name === 'wastehub-alive');
}

// Called once by every page: shut at the start of the app, open for the rest of the day.
export async function guard() {
  if (!panel || !device.usable() || !words.user) return opened();
  const starts = await appStarts();
  navigator.locks?.request('wastehub-alive', { mode: 'shared' }, () => new Promise(() => {}));
  if ((await handedOver()) || starts) await device.lock(words.user);
  // What must be seen in an emergency is never behind a PIN.
  if (document.querySelector('[data-lock-free]')) return opened();
  await unlocked();
  watchRest();
  return opened();
}

// Somebody else had the phone before: his key is locked away, and mine is asked for.
async function handedOver() {
  const before = await fact('user');
  if (before === words.user) return false;
  if (before) await device.lock(before);
  await keepFact('user', words.user);
  return Boolean(before);
}

function opened() {
  document.documentElement.dataset.door = 'open';
}

function watchRest() {
  let touched = 0;
  document.addEventListener('pointerdown', () => {
    if (Date.now() - touched < TOUCH_MS) return;
    touched = Date.now();
    device.touch(words.user);
  });
  setInterval(unlocked, TOUCH_MS);
  document.addEventListener('visibilitychange', () => document.hidden || unlocked());
}

// -- the keypad ------------------------------------------------------------------------------------------------------

const say = () => panel.dataset;

function draw({ title, hint = '', problem = '', typed = '', keys = true }) {
  one('[data-lock-title]', panel).textContent = title;
  one('[data-lock-hint]', panel).textContent = hint;
  one('[data-lock-problem]', panel).textContent = problem;
  one('[data-lock-keys]', panel).hidden = !keys;
  const dots = one('[data-lock-dots]', panel);
  dots.hidden = !keys;
  dots.setAttribute('aria-label', say().textTyped.replace('{n}', typed.length));
  [...dots.children].forEach((dot, at) => dot.classList.toggle('is-on', at < typed.length));
}

// Six digits by big keys or a keyboard. `screen` is drawn again after each.
function digits(screen) {
  let typed = '';
  draw({ ...screen, typed });
  return new Promise((resolve) => {
    const done = (value) => {
      panel.removeEventListener('click', pressed);
      document.removeEventListener('keydown', typedKey);
      resolve(value);
    };
    const take = (key) => {
      if (key === 'back') typed = typed.slice(0, -1);
      else if (/^\d$/.test(key)) typed += key;
      else return;
      draw({ ...screen, problem: '', typed });
      if (typed.length === device.PIN_DIGITS) done(typed);
    };
    const pressed = ({ target }) => {
      const key = target.closest('[data-key]')?.dataset.key;
      if (key) take(key);
    };
    const typedKey = (event) => take(event.key === 'Backspace' ? 'back' : event.key);
    panel.addEventListener('click', pressed);
    document.addEventListener('keydown', typedKey);
  });
}

function show() {
  if (!panel.open) panel.showModal();
}

function busy(on) {
  panel.classList.toggle('is-busy', on);
}

panel?.addEventListener('cancel', (event) => event.preventDefault());

// Asked once: the PIN twice, then the key is made and the server told of it.
async function choosePin() {
  panel.dataset.mode = 'choose';
  show();
  let problem = '';
  for (;;) {
    const pin = await digits({ title: say().textChoose, hint: say().textChooseHint, problem });
    if (weak(pin)) problem = say().textWeak;
    else if ((await digits({ title: say().textAgain })) !== pin) problem = say().textDiffer;
    else {
      const failed = await register(pin);
      if (!failed) break;
      problem = failed;
    }
  }
  panel.close();
  document.dispatchEvent(new CustomEvent('wh:unlocked'));
}

const weak = (pin) => /^(\d)\1{5}$/.test(pin) || '01234567890'.includes(pin) || '09876543210'.includes(pin);

// '' when done, otherwise why not. The server hears of the key first: a phone that it does not know signs nothing.
async function register(pin) {
  busy(true);
  try {
    const made = await device.make(pin);
    const { id, scheme, publicKey } = made.known;
    const said = { v: 1, purpose: 'register', device: id, by: words.user, at: new Date().toISOString(), algorithm: scheme, public_key: publicKey, name: phoneName() };
    const text = canonical(said);
    if (words.devices) {
      const answer = await post(words.devices, { text, sig: await device.sign(made.known, made.key, text) });
      if (!answer.ok) return answer.later ? say().textNoNetwork : answer.message;
    }
    await device.keep(words.user, made);
    return '';
  } catch (broken) {
    console.warn(broken);
    return words.textNoStore;
  } finally {
    busy(false);
  }
}

function phoneName() {
  const [, inside = ''] = navigator.userAgent.match(/\(([^)]*)\)/) ?? [];
  return (inside.split(';').pop() || navigator.platform || 'phone').trim().slice(0, 60);
}

async function ask4Pin() {
  const known = await device.device(words.user);
  if (!known) return choosePin();
  panel.dataset.mode = 'ask';
  show();
  let problem = '';
  for (;;) {
    if (await expired()) return await signInAgain(say().textExpired);
    await waitOut();
    const pin = await digits({ title: say().textAsk, problem });
    busy(true);
    const { outcome, left } = await device.unlock(words.user, pin).finally(() => busy(false));
    if (outcome === 'opened') break;
    if (outcome === 'wiped' || outcome === 'none') {
      await wipeAll(words.user);
      return await signInAgain(say().textWiped);
    }
    problem = say().textWrong.replace('{n}', left ?? '');
  }
  panel.close();
  document.dispatchEvent(new CustomEvent('wh:unlocked'));
  return undefined;
}

const minutes = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor((ms / 1000) % 60)).padStart(2, '0')}`;

// After wrong PINs the keypad stays shut for a while, and says for how long.
async function waitOut() {
  for (;;) {
    const ms = device.waitsFor(await device.device(words.user));
    if (!ms) return;
    draw({ title: say().textWait.replace('{time}', minutes(ms)), keys: false });
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, ms)));
  }
}

// Forgotten, wiped or expired: the way leads over the server. It never resolves: the page is left.
function signInAgain(hint) {
  panel.dataset.mode = 'out';
  show();
  draw({ title: say().textSignIn, hint, keys: false });
  return new Promise(() => {});
}

panel?.addEventListener('click', async ({ target }) => {
  if (target.closest('[data-lock-forgotten]')) {
    if (!window.confirm(say().textForgottenSure)) return;
    await wipeAll(words.user);
    one('[data-lock-sign-out]', panel).requestSubmit();
  }
});

export async function lockNow() {
  await device.lock(words.user);
  await unlocked();
}

// Signed out without a network: the copies are gone, the phone is shut.
export const leftOffline = () => signInAgain(say().textLeft);

// The server has taken this phone out of service.
export async function revoked() {
  await wipeAll(words.user);
  await signInAgain(say().textRevoked);
}
