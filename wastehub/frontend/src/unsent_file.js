// Hands in what another phone has saved as a file: the same events, with that phone's signatures, by the same address.
import { post, words } from './server.js';
import { sendPicture } from './upload.js';

const BATCH = 50;
const one = (selector, root = document) => root.querySelector(selector);
const form = one('[data-unsent-file]');

form?.addEventListener('change', async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  form.classList.add('is-busy');
  const said = await handIn(file).catch(() => form.dataset.textBad);
  form.classList.remove('is-busy');
  one('[data-unsent-said]').textContent = said;
  target.value = '';
});

async function handIn(file) {
  const read = JSON.parse(await file.text());
  if (read.kind !== 'wastehub-unsent' || read.v !== 1) return form.dataset.textBad;
  if (read.by !== words.user) return form.dataset.textOther;
  for (const { sha256, jpeg } of read.photos) {
    const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
    const answer = await sendPicture({ sha256, blob: new Blob([bytes], { type: 'image/jpeg' }) });
    if (answer.later) return form.dataset.textBroken;
  }
  const count = { accepted: 0, refused: 0, conflict: 0, waiting: 0 };
  for (const { device, events } of read.devices) {
    for (let from = 0; from < events.length; from += BATCH) {
      const answer = await post(words.events, { device, sent_at: new Date().toISOString(), events: events.slice(from, from + BATCH) });
      if (!answer.ok) return answer.later ? form.dataset.textBroken : answer.message;
      for (const verdict of answer.body.verdicts) {
        count[verdict.outcome] += 1;
        if (verdict.message) show(verdict);
      }
    }
  }
  return form.dataset.textDone.replace(/\{(\w+)\}/g, (_all, name) => count[name]);
}

function show({ seq, message }) {
  const row = document.createElement('li');
  const text = Object.assign(document.createElement('div'), { className: 'driver-item', textContent: `${seq} · ${message}` });
  row.append(text);
  one('[data-unsent-list]').append(row);
}
