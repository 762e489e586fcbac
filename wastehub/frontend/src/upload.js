// Sends what waits, in its order: pictures first, then events in batches; tries again with growing pauses.
import { mend, mendEnd } from './outbox_mend.js';
import { ask, post, words } from './server.js';
import { alone, isFull, keepFact, open, write } from './store.js';

const BATCH = 50;
const CHUNK_BYTES = 128 * 1024;
const FIRST_PAUSE_MS = 4000;
const LONGEST_PAUSE_MS = 300_000;
// A picture on which the server breaks again and again must not hold back what it belongs to.
const PICTURE_TRIES = 4;
const MENDED = 'mended';

// -- who waits for a verdict: pages that still show the act, in any tab -------------------------------------------------

const watching = new Map();
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('wastehub-outbox') : undefined;

export const heard = (id) => new Promise((resolve) => watching.set(id, resolve));
export const unheard = (id) => watching.delete(id);

function tell(verdicts) {
  for (const verdict of verdicts) {
    watching.get(verdict.id)?.(verdict);
    watching.delete(verdict.id);
  }
  document.dispatchEvent(new CustomEvent('wh:verdicts', { detail: verdicts }));
}

channel?.addEventListener('message', ({ data }) => tell(data));

// -- when -----------------------------------------------------------------------------------------------------------

let running;
let again = false;
let failures = 0;
let timer;

export function flush() {
  if (running) {
    again = true;
    return running;
  }
  clearTimeout(timer);
  running = alone('upload', drain)
    .catch((broken) => {
      if (isFull(broken)) document.dispatchEvent(new CustomEvent('wh:full'));
      else console.warn(broken);
      return false;
    })
    .then((clean) => {
      running = undefined;
      if (clean) failures = 0;
      else later();
    });
  return running;
}

// There is a network again, or the driver asks: without waiting for the pause to end.
export function nudge() {
  failures = 0;
  return flush();
}

function later() {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.7 + 0.6 * Math.random());
  failures += 1;
  timer = setTimeout(flush, pause);
}

// -- what -----------------------------------------------------------------------------------------------------------

async function ofMine(store) {
  return (await (await open()).getAll(store)).filter((each) => each.user === words.user);
}

// True when everything has its verdict.
async function drain() {
  do {
    again = false;
    const events = await ofMine('events');
    for (const device of new Set(events.map((event) => event.device))) {
      const sent = await sendDevice(events.filter((event) => event.device === device));
      if (sent === MENDED) again = true;
      else if (!sent) return false;
    }
    if (!again && !events.length && (await mendEnd())) again = true;
    if (!(await sendPictures((await ofMine('photos')).filter((each) => !each.refused)))) return false;
  } while (again);
  return true;
}

// True when all of it has its verdict, MENDED when the rest has to be read anew.
async function sendDevice(events) {
  for (let from = 0; from < events.length; from += BATCH) {
    const batch = events.slice(from, from + BATCH);
    const named = new Set(batch.map((event) => event.photo));
    const pictures = (await ofMine('photos')).filter((each) => named.has(each.sha256) && !each.refused);
    if (!(await sendPictures(pictures.filter((each) => (each.tries ?? 0) < PICTURE_TRIES)))) return false;
    const sent = await sendBatch(batch);
    if (sent !== true) return sent;
  }
  return true;
}

async function sendBatch(batch) {
  const [{ device }] = batch;
  const events = batch.map(({ text, sig }) => ({ text, sig }));
  const answer = await post(words.events, { device, sent_at: new Date().toISOString(), events });
  if (answer.revoked) document.dispatchEvent(new CustomEvent('wh:revoked'));
  if (!answer.ok) return false;
  await keepFact('skew', { s: answer.body.clock_skew_s });
  const known = new Map(batch.map((event) => [event.id, event]));
  const settled = answer.body.verdicts.filter((verdict) => known.has(verdict.id) && verdict.outcome !== 'waiting');
  await write(['events', 'told', 'facts'], async (change) => {
    const facts = change.objectStore('facts');
    // Pages of before do not show yet what was accepted since: see overlay.js.
    const accepted = (await facts.get('settled')) ?? [];
    for (const verdict of settled) {
      const event = known.get(verdict.id);
      const { id, user, seq, kind, body, at, words: spoken, photo } = event;
      await change.objectStore('events').delete([event.device, seq]);
      if (verdict.outcome === 'accepted') accepted.push({ user, seq, kind, body, at, settledAt: Date.parse(answer.body.received_at) });
      // Also what a page is waiting for: it may give up at this very moment. What it has shown it forgets itself.
      else await change.objectStore('told').put({ id, user, seq, kind, body, at, words: spoken, photo, outcome: verdict.outcome, message: verdict.message });
    }
    await facts.put(accepted, 'settled');
  });
  tell(settled);
  channel?.postMessage(settled);
  if (settled.length === batch.length) return true;
  // A number that is not here will never come by itself.
  return (await mend(device)) ? MENDED : false;
}

// -- pictures, piece by piece ---------------------------------------------------------------------------------------

async function sendPictures(pictures) {
  for (const picture of pictures) {
    const answer = await sendPicture(picture);
    if (answer.ok) await write('photos', (change) => change.store.delete(picture.sha256));
    else if (!answer.later) await write('photos', (change) => change.store.put({ ...picture, refused: answer.message }));
    else {
      const tries = (picture.tries ?? 0) + 1;
      if (answer.broken) await write('photos', (change) => change.store.put({ ...picture, tries }));
      if (!answer.broken || tries < PICTURE_TRIES) return false;
    }
  }
  return true;
}

// What the server has of it already stays there: a broken line costs one piece, not the picture.
export async function sendPicture({ blob, sha256 }) {
  const url = `${words.photos}/${sha256}/pieces`;
  let answer = await ask(url);
  while (answer.ok && !answer.body.complete) {
    const from = answer.body.received_bytes;
    const piece = blob.slice(from, from + CHUNK_BYTES);
    if (!piece.size) return { ok: false, later: false, message: words.textPhotoLost };
    const headers = { 'Content-Type': 'application/octet-stream' };
    answer = await ask(`${url}?offset=${from}&size=${blob.size}`, { method: 'PUT', body: piece, headers });
  }
  return answer;
}
