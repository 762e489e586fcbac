// The sign-in of this phone is renewed by its key: whoever has the cookie alone cannot make it last.
import { canonical } from './canonical.js';
import { device, openKey, sign } from './device.js';
import { post, words } from './server.js';
import { fact, keepFact } from './store.js';

export async function renew() {
  if (!words.session) return;
  const known = await device(words.user);
  const key = await openKey(words.user, Infinity);
  if (!known || !key) return;
  const { seq, hash } = (await fact(`head:${known.id}`)) ?? { seq: 0, hash: '' };
  const said = { v: 1, purpose: 'renew', device: known.id, by: words.user, at: new Date().toISOString(), seq, head: hash };
  const text = canonical(said);
  const answer = await post(words.session, { text, sig: await sign(known, key, text) });
  if (answer.revoked) document.dispatchEvent(new CustomEvent('wh:revoked'));
  if (answer.ok) await keepFact('session', { user: words.user, until: Date.parse(answer.body.until) });
}
