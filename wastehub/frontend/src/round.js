// The crew's day: acts of one button or form, the steps of the day (also past what lies in the outbox), relay, end of day.
import { keepClock } from './rest.js';
import { mine, record, words } from './outbox.js';
import { fact } from './store.js';

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function tell(tone, text) {
  const place = one('[data-act-message]');
  if (!place) return;
  place.className = `notice notice-${tone}`;
  place.textContent = text;
  place.hidden = false;
  place.scrollIntoView({ block: 'nearest' });
}

// -- forms that are events: every field is a field of the body, `check_x` goes into `checks` -----------------------------

export function bodyOf(form) {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (name === 'csrf_token' || value === '') continue;
    if (name.startsWith('check_')) (body.checks ??= {})[name.slice(6)] = value;
    else if (name === 'container_ids') (body.container_ids ??= []).push(...value.split(' '));
    else body[name] = name === 'all' ? value === 'true' : value.trim();
  }
  return body;
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-record]')) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = '1';
  const buttons = all('button[type=submit]', form).concat(form.id ? all(`button[form="${form.id}"]`) : []);
  buttons.forEach((button) => button.classList.add('is-busy'));
  const body = { ...bodyOf(form), ...(form.matches('[data-day-close]') ? await phoneSays() : {}) };
  if (form.dataset.record === 'round_finish') body.unsent_seen = (await mine()).length;
  const answer = await record({ kind: form.dataset.record, body, words: form.dataset.words });
  buttons.forEach((button) => button.classList.remove('is-busy'));
  delete form.dataset.busy;
  if (answer.ok) location.assign(form.dataset.next);
  else if (answer.kept) await goOn(form, answer.message);
  else tell('bad', answer.message);
});

// It lies in the outbox: pressing again would only put it there twice, so the page goes on without the server.
async function goOn(form, message) {
  const here = new URL(form.dataset.next, location).pathname === location.pathname;
  if (!here) return location.assign(form.dataset.next);
  await showStep();
  keepClock();
  all('button[type=submit]', form).forEach((button) => (button.disabled = true));
  window.scrollTo(0, 0);
  return tell('info', message);
}

// -- the steps of the day -----------------------------------------------------------------------------------------------

// Acts that count although the page does not know them: waiting, or accepted after the page was stored.
async function acts() {
  const settled = ((await fact('settled').catch(() => [])) ?? []).filter((act) => act.user === words.user);
  return [...settled, ...(await mine()).filter((act) => act.state === 'waiting')];
}

async function showStep() {
  const here = one('[data-step-here]');
  if (!here) return;
  const done = await acts();
  const isDone = ({ dataset }) =>
    'stepDone' in dataset || (dataset.step !== 'over' && done.some(({ kind, body }) => kind === dataset.stepKind && body[dataset.stepField] === dataset.stepId));
  const step = all('template[data-step]').find((each) => !isDone(each));
  if (!step || (here.dataset.shown ?? one('template[data-step-now]')?.dataset.stepId) === step.dataset.stepId) return;
  here.dataset.shown = step.dataset.stepId;
  const parts = step.content.cloneNode(true);
  const actions = one('[data-step-action]', parts);
  actions.remove();
  here.replaceChildren(parts);
  one('[data-step-actions]')?.replaceChildren(...actions.childNodes);
}

// -- relay: choose, give, take ------------------------------------------------------------------------------------------

function showRelay(name) {
  for (const screen of all('[data-relay-screen]')) screen.hidden = screen.dataset.relayScreen !== name;
  for (const bar of all('[data-relay-actions]')) bar.hidden = bar.dataset.relayActions !== name;
  window.scrollTo(0, 0);
}
for (const button of all('[data-relay-go]')) button.addEventListener('click', () => showRelay(button.dataset.relayGo));

// -- the end of the day -------------------------------------------------------------------------------------------------

async function phoneSays() {
  const held = await mine();
  const device = await fact(`device:${words.user}`).catch(() => undefined);
  const head = device && (await fact(`head:${device.id}`).catch(() => undefined));
  return {
    ...(head?.hash ? { head: head.hash } : {}),
    unsent: held.filter((act) => act.state === 'waiting').length,
    refused: held.filter((act) => act.state === 'attention').length,
  };
}

async function showPhone() {
  const panel = one('[data-day-phone]');
  if (!panel) return;
  const { unsent, refused } = await phoneSays();
  const { textClear, textWaiting, textAttention } = panel.dataset;
  const said = [unsent && textWaiting.replace('{n}', unsent), refused && textAttention.replace('{n}', refused)].filter(Boolean);
  one('[data-day-waiting]', panel).textContent = unsent + refused;
  one('[data-day-words]', panel).textContent = said.join('；') || textClear;
}

// -- papers at the roadside: whether this is a copy, and how long a code still opens ---------------------------------------

const clockOf = (iso) => new Date(iso).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });

function showCopy() {
  const copy = one('[data-copy]');
  if (!copy) return;
  const offline = !navigator.onLine;
  const say = offline ? copy.dataset.textOffline : copy.dataset.textOnline;
  one('[data-copy-state]', copy).textContent = say.replace('{at}', clockOf(copy.dataset.savedAt));
  one('[data-copy-offline]', copy).hidden = !offline;
  // Showing, renewing and withdrawing a code is the server's to do.
  for (const form of all('form[data-once]')) form.hidden = offline;
  for (const link of all('[data-pass-until]')) {
    const left = Math.ceil((Date.parse(link.dataset.passUntil) - Date.now()) / 60_000);
    one('[data-pass-left]', link).textContent = left > 0 ? link.dataset.textLeft.replace('{n}', left) : link.dataset.textExpired;
    one('.roadside-qr', link)?.toggleAttribute('hidden', left <= 0);
  }
}

document.addEventListener('wh:outbox', () => Promise.all([showStep(), showPhone()]));
window.addEventListener('online', showCopy);
window.addEventListener('offline', showCopy);
showStep();
showPhone();
showCopy();
keepClock();
if (one('[data-copy]')) setInterval(showCopy, 20_000);
