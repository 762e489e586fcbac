// The outbox of the phone in the cab. Every act becomes an event: numbered, chained to the one before, signed, and on the
// phone's disk before the driver sees it confirmed. Sending it twice is harmless; it is forgotten once it has a verdict.
import { bytesOf, canonical, newId, sha256 } from './canonical.js';
import { device, sign } from './device.js';
import { unlocked } from './lock.js';
import { prepared, shrink } from './pictures.js';
import { words } from './server.js';
import { alone, fact, isFull, open, write } from './store.js';
import { flush, heard, nudge, unheard } from './upload.js';

const ANSWER_MS = 6000;

// Put an act into the outbox: {kind, body, words, photo?, place?}. `words` say in the page's language what was done.
// ok: the server accepted it; kept: it lies in the outbox; refused, conflict: with the sentence in `message`.
// With neither nothing was kept: the phone is full, locked, or cannot sign; `message` says what to do.
export async function record({ kind, body, words: spoken = '', photo, place }) {
  let event;
  try {
    const known = await device(words.user);
    const key = await unlocked();
    if (!known || !key) return nothing(words.textNoDevice);
    const picture = photo && (await prepared(photo));
    if (photo && !picture) return nothing(words.textPhotoUnreadable);
    const said = { id: newId(), at: new Date().toISOString(), kind, body: picture ? { ...body, photo_sha256: picture.sha256 } : body, place };
    event = await alone('number', () => keep(known, key, said, spoken, picture));
  } catch (broken) {
    if (isFull(broken)) document.dispatchEvent(new CustomEvent('wh:full'));
    else console.warn(broken);
    return nothing(isFull(broken) ? words.textFull : words.textNoStore);
  }
  await tellCounts();
  const patience = new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  const verdict = await Promise.race([heard(event.id), flush().then(() => undefined), patience]);
  unheard(event.id);
  await (verdict ? forget(event.id) : tellCounts());
  return answerOf(verdict);
}

const nothing = (message) => ({ ok: false, kept: false, refused: true, conflict: false, message, verdict: null, warnings: [] });

function answerOf(verdict) {
  const kept = !verdict;
  const outcome = verdict?.outcome;
  return {
    ok: outcome === 'accepted',
    kept,
    refused: outcome === 'refused',
    conflict: outcome === 'conflict',
    message: kept ? (navigator.onLine ? words.textUnsent : words.textSaved) : (verdict.message ?? ''),
    verdict: verdict ?? null,
    warnings: verdict?.warnings ?? [],
  };
}

// Number, chain, sign and keep, in one transaction; should another tab have been faster, once more with the next number.
export async function keep(known, key, said, spoken, picture) {
  const name = `head:${known.id}`;
  const { checkpoint } = (await fact('day')) ?? {};
  const seen = checkpoint && { size: checkpoint.size, root: checkpoint.root };
  for (;;) {
    const head = (await fact(name)) ?? { seq: 0, hash: '' };
    const seq = head.seq + 1;
    const text = canonical({ v: 1, device: known.id, seq, prev: head.hash, by: words.user, seen, ...said });
    const hash = await sha256(bytesOf(text));
    const sig = await sign(known, key, text);
    const { id, kind, at } = said;
    const event = { device: known.id, user: words.user, seq, id, kind, at, body: JSON.parse(text).body, words: spoken, text, sig, photo: picture?.sha256 ?? '' };
    const done = await write(['facts', 'events', 'photos'], async (change) => {
      const facts = change.objectStore('facts');
      if (((await facts.get(name))?.seq ?? 0) !== head.seq) return false;
      if (picture) await change.objectStore('photos').put({ ...picture, user: words.user, at });
      await change.objectStore('events').add(event);
      await facts.put({ seq, hash }, name);
      return true;
    });
    if (done) return event;
  }
}

// What is not settled yet: `waiting` for the server, or `attention`: refused, or with a human, and not read by the driver.
export async function mine() {
  const db = await open();
  const waiting = (await db.getAll('events')).filter((event) => event.user === words.user);
  const told = (await db.getAll('told')).filter((each) => each.user === words.user);
  return [
    ...waiting.map((event) => ({ ...event, state: 'waiting', message: '' })),
    ...told.map((each) => ({ ...each, state: 'attention' })),
  ].sort((one, other) => one.at.localeCompare(other.at) || one.seq - other.seq);
}

// The driver has read what became of an act.
export async function forget(id) {
  await write('told', (change) => change.store.delete(id));
  await tellCounts();
}

export async function tellCounts() {
  const acts = await mine();
  const detail = {
    waiting: acts.filter((act) => act.state === 'waiting').length,
    attention: acts.filter((act) => act.state === 'attention').length,
  };
  document.dispatchEvent(new CustomEvent('wh:outbox', { detail }));
}

document.addEventListener('wh:verdicts', tellCounts);

export { flush, newId, shrink, words };

if (words.user) {
  window.addEventListener('online', nudge);
  document.addEventListener('visibilitychange', () => document.hidden || nudge());
  tellCounts().then(flush, () => document.dispatchEvent(new CustomEvent('wh:no-store')));
}
