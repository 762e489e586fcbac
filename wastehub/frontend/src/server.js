// Asking the server: the newest token, the language of the page, and what kind of failure it was.
import { fact, keepFact } from './store.js';

export const words = document.querySelector('[data-driver]')?.dataset ?? {};

const ANSWER_MS = 20_000;

// A page out of the phone's store carries an old token; the newest one is a fact.
async function token() {
  const kept = await fact('token').catch(() => undefined);
  return (kept?.user === words.user && kept.token) || document.querySelector('meta[name="csrf-token"]')?.content || '';
}

export async function keepToken(value) {
  await keepFact('token', { user: words.user, token: value });
}

// {ok, status, body, code, message, later, expired, revoked}. `later`: no answer, or one that says: try again.
export async function ask(url, { method = 'GET', body, headers = {} } = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method,
      body,
      headers: { Accept: 'application/json', ...(method === 'GET' ? {} : { 'X-CSRFToken': await token() }), ...headers },
      credentials: 'same-origin',
      signal: AbortSignal.timeout?.(ANSWER_MS),
    });
  } catch {
    tellLine(false);
    return { ok: false, status: 0, body: {}, code: '', message: '', later: true };
  }
  tellLine(![502, 503, 504].includes(answer.status));
  const said = await answer.json().catch(() => ({}));
  const code = said.errors?.[0]?.code ?? said.code ?? said.type?.split('/').pop() ?? '';
  const expired = answer.status === 401 || code === 'form.token_expired' || answer.redirected;
  const broken = answer.status >= 500;
  const later = expired || broken || answer.status === 429 || code === 'version.stale';
  const revoked = code === 'device.revoked';
  await keepFact('contact', Date.now()).catch(() => {});
  showExpired(expired && !revoked);
  return { ok: answer.ok && !answer.redirected, status: answer.status, body: said, code, message: said.detail || words.textFailed, later, broken, expired, revoked };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
export const post = (url, value, headers = {}) => ask(url, { method: 'POST', body: JSON.stringify(value), headers: { ...JSON_TYPE, ...headers } });

// Bars of signal say little: whether the server was reached is what counts.
function tellLine(reached) {
  document.dispatchEvent(new CustomEvent('wh:line', { detail: { reached } }));
}

// Whether this phone may go on: active, revoked, unknown; undefined without an answer. Asked also when nobody is signed in.
export async function deviceState(id) {
  const answer = await ask(`${words.state}?device=${id}`);
  if (!answer.ok) return undefined;
  await keepToken(answer.body.csrf_token);
  return answer.body.state;
}

function showExpired(expired) {
  const panel = document.querySelector('[data-session-expired]');
  if (panel) panel.hidden = !expired;
}
