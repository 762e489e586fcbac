// The file of a broken phone may be larger than a form may be: its pictures go up one by one, then the signed texts as the form.
const SMALL_BYTES = 1024 * 1024;
const place = document.querySelector('[data-hand-in]');
const form = place?.querySelector('form');

form?.addEventListener('submit', async (event) => {
  const input = form.querySelector('input[type=file]');
  const [file] = input.files;
  if (!file || file.size <= SMALL_BYTES || form.dataset.slim) return;
  event.preventDefault();
  event.stopPropagation();
  if (form.dataset.busy) return;
  form.dataset.busy = '1';
  // What cannot be read is judged, and explained, by the server.
  input.files = await slim(file).catch(() => input.files);
  form.dataset.slim = '1';
  form.requestSubmit();
});

async function slim(file) {
  const read = JSON.parse(await file.text());
  for (const [at, { jpeg }] of read.photos.entries()) {
    place.querySelector('[data-hand-in-said]').textContent = place.dataset.textPictures.replace('{n}', at + 1).replace('{all}', read.photos.length);
    await send(Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0)));
  }
  const moved = new DataTransfer();
  moved.items.add(new File([JSON.stringify({ ...read, photos: [] })], file.name, { type: 'application/json' }));
  return moved.files;
}

// A picture that is not taken is missing on the list of verdicts; the records go in all the same.
function send(body) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  return fetch(place.dataset.pictures, { method: 'POST', body, headers: { 'Content-Type': 'image/jpeg', 'X-CSRFToken': token } }).catch(console.warn);
}
