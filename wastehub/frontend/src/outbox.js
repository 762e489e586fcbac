// The outbox of the phone in the cab: every act gets an id and a number here, is kept until the server has answered,
// and is sent again in its order. Sending twice is harmless: scans and acts carry their ids.
const RETRY_MS = 8000;
const ANSWER_MS = 6000;
// An act on which the server breaks again and again must not hold back all that follow.
const TRIES_MAX = 5;

export const words = document.querySelector('[data-driver]')?.dataset ?? {};

// crypto.randomUUID exists only on https; phones reach a test server by its address.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

let store;
function open() {
  store ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open('wastehub-driver', 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('acts', { keyPath: 'seq', autoIncrement: true });
      asked.result.createObjectStore('facts');
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return store;
}

async function change(name, mode, work) {
  const transaction = (await open()).transaction(name, mode);
  const asked = work(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const keep = (act) => change('acts', 'readwrite', (acts) => acts.put(act));
const forgetAct = (seq) => change('acts', 'readwrite', (acts) => acts.delete(seq));
const everything = () => change('acts', 'readonly', (acts) => acts.getAll());

// The database and its numbers live and die together: a new phone name whenever the numbering starts anew.
async function deviceId() {
  const known = await change('facts', 'readonly', (facts) => facts.get('device'));
  if (known) return known;
  await change('facts', 'readwrite', (facts) => facts.add(newId(), 'device')).catch(() => {});
  return change('facts', 'readonly', (facts) => facts.get('device'));
}

export async function mine() {
  return (await everything()).filter((act) => act.user === words.user);
}

async function tellCounts() {
  const acts = await mine();
  const detail = {
    waiting: acts.filter((act) => act.state === 'waiting').length,
    attention: acts.filter((act) => act.state === 'attention').length,
  };
  document.dispatchEvent(new CustomEvent('wh:outbox', { detail }));
}

export async function forget(seq) {
  await forgetAct(seq);
  await tellCounts();
}

// Whoever is still looking at the page is told; what nobody saw refused stays in the outbox.
const watching = new Map();

// Put an act into the outbox. Resolves {ok, body, message} once answered, {kept: true} when it must wait.
export async function submit(act) {
  act = { id: newId(), user: words.user, at: new Date().toISOString(), state: 'waiting', ...act };
  act.seq = await keep(act);
  await tellCounts();
  const answered = new Promise((resolve) => watching.set(act.id, resolve));
  const patience = new Promise((resolve) => setTimeout(() => resolve({ kept: true }), ANSWER_MS));
  const result = await Promise.race([answered, flush().then(() => ({ kept: true })), patience]);
  watching.delete(act.id);
  return result;
}

let running;
let again = false;
export function flush() {
  if (running) {
    again = true;
    return running;
  }
  running = drain().finally(() => {
    running = undefined;
  });
  return running;
}

let timer;
async function drain() {
  clearTimeout(timer);
  do {
    again = false;
    for (const act of (await mine()).filter((each) => each.state === 'waiting')) {
      const answer = await send(act).catch(() => ({ later: true }));
      if (answer.broken) act.tries = (act.tries ?? 0) + 1;
      if (answer.later && (act.tries ?? 0) < TRIES_MAX) {
        if (answer.broken) await keep(act);
        timer = setTimeout(flush, RETRY_MS);
        return;
      }
      const listener = watching.get(act.id);
      if (answer.ok || listener) await forgetAct(act.seq);
      else await keep({ ...act, state: 'attention', message: answer.message });
      listener?.(answer);
      await tellCounts();
    }
  } while (again);
}

async function post(url, body, headers = {}) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'X-CSRFToken': token, Accept: 'application/json', ...headers },
    credentials: 'same-origin',
  });
  const said = await answer.json().catch(() => ({}));
  const code = said.errors?.[0]?.code ?? said.type?.split('/').pop() ?? '';
  const expired = answer.status === 401 || code === 'form.token_expired';
  const panel = document.querySelector('[data-session-expired]');
  if (panel) panel.hidden = !expired;
  const broken = answer.status >= 500;
  const later = expired || broken || answer.status === 429 || code === 'version.stale';
  return { ok: answer.ok, later, broken, body: said, message: said.detail || words.textFailed };
}

async function send(act) {
  const body = { ...act.body };
  if (act.photo && !act.photoHash) {
    const form = new FormData();
    form.append('photo', act.photo, 'photo.jpg');
    const kept = await post(words.photos, form);
    if (kept.later) return kept;
    // A photo that cannot be kept must not hold back the act that it belongs to.
    act.photoHash = kept.body.sha256 ?? 'none';
    await keep(act);
  }
  if (act.kind !== 'scan') {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': act.id };
    return post(act.url, JSON.stringify(act.plain ? body : { ...body, at: act.at }), headers);
  }
  const scan = { ...body, scan_id: act.id, device_id: await deviceId(), device_seq: act.seq, scanned_at: act.at };
  if (act.photoHash && act.photoHash !== 'none') scan.photo_sha256 = act.photoHash;
  const answer = await post(words.scans, JSON.stringify({ scans: [scan] }), { 'Content-Type': 'application/json' });
  const verdict = answer.body.verdicts?.[0];
  if (!verdict) return answer;
  return { ...answer, ok: verdict.outcome !== 'refused', verdict, message: verdict.message };
}

// A photo small enough for a bad network; the server takes out whatever else rides along.
export async function shrink(file, longest = 1600) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), 'image/jpeg', 0.85));
  } catch {
    return file; // a format that this browser cannot draw: the server decides
  }
}

if (words.user) {
  window.addEventListener('online', flush);
  document.addEventListener('visibilitychange', () => document.hidden || flush());
  tellCounts().then(flush, () => window.alert(words.textNoStore));
}
