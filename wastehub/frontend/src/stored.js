// What the phone says about itself: what is stored, what is missing, when it last spoke with the server, whose clock is off.
import { fact } from './store.js';
import { words } from './server.js';

const SKEW_TOLD_S = 60;
const one = (selector) => document.querySelector(selector);
const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false });
const sameDay = (at) => new Date(at).toDateString() === new Date().toDateString();
const moment = (at) => (sameDay(at) ? clock(at) : `${new Date(at).toLocaleDateString(document.documentElement.lang)} ${clock(at)}`);

export async function showStored() {
  const place = one('[data-stored]');
  if (place) await showFetched(place);
  const spoken = one('[data-contact]');
  if (spoken) {
    const at = await fact('contact');
    spoken.textContent = at ? spoken.dataset.textAt.replace('{at}', moment(at)) : spoken.dataset.textNever;
  }
  await showSkew();
}

async function showFetched(place) {
  const day = await fact('day');
  const fetched = day?.user === words.user ? await fact('fetched') : undefined;
  place.hidden = false;
  const missing = fetched?.missing ?? [];
  place.dataset.state = !fetched ? 'none' : missing.length ? 'partly' : 'stored';
  const say = place.dataset;
  const text = { none: say.textNone, partly: say.textPartly, stored: say.textStored }[place.dataset.state];
  one('[data-stored-text]').textContent = text.replace('{at}', fetched ? moment(fetched.at) : '').replace('{n}', missing.length);
  one('[data-stored-missing]').replaceChildren(
    ...missing.slice(0, 8).map((title) => Object.assign(document.createElement('li'), { textContent: title })),
  );
}

// How far the phone's clock is behind the server's; negative when it is ahead.
async function showSkew() {
  const place = one('[data-skew]');
  if (!place) return;
  const { s = 0 } = (await fact('skew')) ?? {};
  place.hidden = Math.abs(s) < SKEW_TOLD_S;
  const size = Math.abs(s) < 7200 ? place.dataset.textMinutes.replace('{n}', Math.round(Math.abs(s) / 60)) : place.dataset.textHours.replace('{n}', Math.round(Math.abs(s) / 3600));
  one('[data-skew-text]').textContent = (s < 0 ? place.dataset.textAhead : place.dataset.textBehind).replace('{size}', size);
}
