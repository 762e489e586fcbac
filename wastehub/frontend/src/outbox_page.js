// The outbox's own page: what waits, what was refused, what a human decides; in words, with pictures; a way out by file.
import { bytesOf, base64, canonical } from './canonical.js';
import { dayFacts } from './day.js';
import { device } from './device.js';
import { forget, mine } from './outbox.js';
import { words } from './server.js';
import { open } from './store.js';
import { nudge } from './upload.js';

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export async function drawOutbox() {
  const acts = await mine();
  for (const place of all('[data-outbox-count]')) place.textContent = acts.length ? String(acts.length) : '';
  const page = one('[data-waiting-page]');
  if (!page) return;
  const groups = { waiting: [], refused: [], conflict: [] };
  for (const act of acts) groups[act.state === 'waiting' ? 'waiting' : act.outcome === 'conflict' ? 'conflict' : 'refused'].push(act);
  for (const [name, list] of Object.entries(groups)) {
    const group = one(`[data-group="${name}"]`, page);
    group.hidden = list.length === 0;
    one('[data-group-count]', group).textContent = list.length;
    one('ul', group).replaceChildren(...(await Promise.all(list.map(item))));
  }
  one('[data-nothing-waits]').hidden = acts.length > 0;
  one('[data-export]').hidden = groups.waiting.length === 0;
  await drawPhones(one('[data-phones]', page));
  const others = new Set((await (await open()).getAll('events')).filter((event) => event.user !== words.user).map((event) => event.id));
  one('[data-others]').hidden = others.size === 0;
  one('[data-others-count]').textContent = others.size;
}

// A new phone shows what the old one last delivered: so the driver knows whether something is missing.
async function drawPhones(place) {
  const mineId = (await device(words.user))?.id;
  const phones = ((await dayFacts())?.devices ?? []).filter(({ id, state }) => id !== mineId && state !== 'revoked');
  place.hidden = phones.length === 0;
  const say = place.dataset;
  one('ul', place).replaceChildren(
    ...phones.map(({ name, last_seq, last_seen_at, unsent }) => {
      const row = document.createElement('li');
      const at = new Date(last_seen_at).toLocaleString(document.documentElement.lang, { hour12: false });
      const said = [last_seq ? say.textDelivered.replace('{seq}', last_seq).replace('{at}', at) : say.textNothing];
      if (unsent) said.push(say.textLeft.replace('{n}', unsent));
      const text = Object.assign(document.createElement('div'), { className: 'driver-item' });
      text.append(Object.assign(document.createElement('strong'), { textContent: name }), said.join(' · '));
      row.append(text);
      return row;
    }),
  );
}

async function item(act) {
  const drawn = one('template[data-act-item]').content.cloneNode(true);
  one('[data-item-words]', drawn).textContent = act.words || act.kind;
  one('[data-item-at]', drawn).textContent = `${new Date(act.at).toLocaleString(document.documentElement.lang, { hour12: false })} · ${act.seq}`;
  one('[data-item-message]', drawn).textContent = act.message ?? '';
  await thumbnail(act, one('[data-item-photo]', drawn));
  const button = one('[data-item-read]', drawn);
  button.hidden = act.state === 'waiting';
  button.addEventListener('click', () => forget(act.id));
  return drawn;
}

async function thumbnail({ photo }, picture) {
  if (!photo) return picture.remove();
  const kept = await (await open()).get('photos', photo);
  picture.hidden = false;
  picture.src = kept ? URL.createObjectURL(kept.blob) : `${words.photos}/${photo}`;
  picture.addEventListener('load', () => kept && URL.revokeObjectURL(picture.src), { once: true });
  picture.addEventListener('error', () => picture.remove(), { once: true });
  return undefined;
}

// Everything that was signed and not sent, as a file that the office can hand in for this phone.
async function exportFile() {
  const db = await open();
  const events = (await db.getAll('events')).filter((event) => event.user === words.user);
  const photos = (await db.getAll('photos')).filter((photo) => photo.user === words.user);
  const devices = [...new Set(events.map((event) => event.device))].map((device) => ({
    device,
    events: events.filter((event) => event.device === device).map(({ text, sig }) => ({ text, sig })),
  }));
  const pictures = await Promise.all(photos.map(async ({ blob, sha256 }) => ({ sha256, jpeg: base64Of(await blob.arrayBuffer()) })));
  const text = canonical({ v: 1, kind: 'wastehub-unsent', by: words.user, sent_at: new Date().toISOString(), devices, photos: pictures });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytesOf(text)], { type: 'application/json' }));
  link.download = `wastehub-${new Date().toISOString().slice(0, 16).replace(/[-:]/g, '')}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function base64Of(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 3 * 8192) text += base64(bytes.subarray(at, at + 3 * 8192));
  return text;
}

one('[data-export]')?.addEventListener('click', exportFile);
one('[data-send-now]')?.addEventListener('click', nudge);
