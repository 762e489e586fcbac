// This phone as a device: its signing key, wrapped by the driver's PIN; open while the driver works, locked otherwise.
//
// The key is made here and never leaves: in use it is a CryptoKey that cannot be read out; at rest it lies wrapped (AES-GCM
// under PBKDF2 of the PIN). While the phone is unlocked the unreadable key lies beside it, because every page starts anew;
// locking deletes that copy. See docs/driver-phone.md.
import { base64, bytesOf, newId } from './canonical.js';
import { changeFact, dropFact, fact, keepFact } from './store.js';

export const PIN_DIGITS = 6;
const ITERATIONS = 600_000;
const TRIES_MAX = 10;
const FREE_TRIES = 3;
const WAITS_S = [30, 60, 120, 300, 600, 900, 1800];

const ED25519 = { name: 'ed25519', generate: { name: 'Ed25519' }, sign: { name: 'Ed25519' } };
const P256 = {
  name: 'ecdsa-p256-sha256',
  generate: { name: 'ECDSA', namedCurve: 'P-256' },
  sign: { name: 'ECDSA', hash: 'SHA-256' },
};
const schemes = { [ED25519.name]: ED25519, [P256.name]: P256 };

const nameOf = (user) => `device:${user}`;
const openOf = (user) => `open:${user}`;

export const usable = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

export const device = (user) => fact(nameOf(user));

async function fromPin(pin, salt, iterations) {
  const secret = await crypto.subtle.importKey('raw', bytesOf(pin), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey']);
}

async function newPair() {
  for (const scheme of [ED25519, P256]) {
    try {
      return { scheme, pair: await crypto.subtle.generateKey(scheme.generate, true, ['sign', 'verify']) };
    } catch (lacking) {
      if (scheme === P256) throw lacking;
    }
  }
  return undefined;
}

// Make the key of this phone for a driver; `pin` wraps it. Nothing is kept before the server knows the key: then `keep`.
export async function make(pin) {
  const { scheme, pair } = await newPair();
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const wrapping = await fromPin(pin, salt, ITERATIONS);
  const wrapped = await crypto.subtle.wrapKey('pkcs8', pair.privateKey, wrapping, { name: 'AES-GCM', iv });
  const publicKey = base64(await crypto.subtle.exportKey('raw', pair.publicKey));
  const bytes = await crypto.subtle.exportKey('pkcs8', pair.privateKey);
  const key = await crypto.subtle.importKey('pkcs8', bytes, scheme.generate, false, ['sign']);
  const known = { id: newId(), scheme: scheme.name, publicKey, wrapped, salt, iv, iterations: ITERATIONS };
  return { key, known: { ...known, wrong: 0, triedAt: 0, madeAt: Date.now() } };
}

export async function keep(user, { key, known }) {
  await keepFact(nameOf(user), known);
  await keepFact(openOf(user), { key, usedAt: Date.now() });
}

// Milliseconds until the PIN may be tried again.
export function waitsFor(known, now = Date.now()) {
  const over = (known?.wrong ?? 0) - FREE_TRIES;
  if (over < 0) return 0;
  const wait = WAITS_S[Math.min(over, WAITS_S.length - 1)] * 1000;
  // A clock that was set back must not open the door, nor shut it for ever.
  return Math.min(wait, Math.max(0, known.triedAt + wait - now));
}

// opened | wrong {left} | wait {ms} | wiped (ten wrong PINs: the key is gone, what was signed stays) | none
export async function unlock(user, pin) {
  let blocked = 0;
  const known = await changeFact(nameOf(user), (before) => {
    if (!before) return undefined;
    blocked = waitsFor(before);
    // Counted before it is tried: closing the app saves nobody a try.
    return blocked ? before : { ...before, wrong: before.wrong + 1, triedAt: Date.now() };
  });
  if (!known) return { outcome: 'none' };
  if (blocked) return { outcome: 'wait', ms: blocked };
  const key = await unwrap(known, pin);
  if (!key) {
    const left = TRIES_MAX - known.wrong;
    if (left > 0) return { outcome: 'wrong', left, ms: waitsFor(known) };
    await forget(user);
    return { outcome: 'wiped' };
  }
  await changeFact(nameOf(user), (before) => before && { ...before, wrong: 0, triedAt: 0 });
  await keepFact(openOf(user), { key, usedAt: Date.now() });
  return { outcome: 'opened' };
}

async function unwrap(known, pin) {
  try {
    const wrapping = await fromPin(pin, known.salt, known.iterations);
    const { generate } = schemes[known.scheme];
    return await crypto.subtle.unwrapKey('pkcs8', known.wrapped, wrapping, { name: 'AES-GCM', iv: known.iv }, generate, false, ['sign']);
  } catch {
    return null;
  }
}

// The open key, unless the phone lay idle for too long.
export async function openKey(user, idleMs, now = Date.now()) {
  const held = await fact(openOf(user));
  if (!held) return null;
  if (Math.abs(now - held.usedAt) > idleMs) {
    await lock(user);
    return null;
  }
  return held.key;
}

export const lock = (user) => dropFact(openOf(user));
export const touch = (user) => changeFact(openOf(user), (held) => held && { ...held, usedAt: Date.now() });

// Key and number of this phone are gone; events that were signed with it stay in the outbox.
export async function forget(user) {
  await lock(user);
  const known = await device(user);
  if (known) await changeFact('gone', (before = []) => [...before, { user, id: known.id }]);
  await dropFact(nameOf(user));
}

export async function sign(known, key, text) {
  return base64(await crypto.subtle.sign(schemes[known.scheme].sign, key, bytesOf(text)));
}
