// The way out when this phone no longer holds a number that the server waits for: a browser may lose part of what it kept.
// The phone says so with signed events in the place of the missing ones, and signs what came after anew, with the ids, times
// and words that it had: each act is still done once, and the office sees the gap (wastehub/domain/lost_records.py).
import { bytesOf, canonical, newId, sha256 } from './canonical.js';
import { dayFacts } from './day.js';
import { device, openKey, sign } from './device.js';
import { ask, words } from './server.js';
import { alone, fact, open, write } from './store.js';

const KIND = 'records_lost';

// True when something was missing and has been told: send again from the start. Not possible while the phone is locked.
export async function mend(id) {
  const known = await device(words.user);
  const key = known && (await openKey(words.user, Infinity));
  if (!key) return false;
  const answer = await ask(`${words.devices}/${id}`);
  if (!answer.ok) return false;
  const { last_seq, head } = answer.body;
  return alone('number', () => rewrite({ id, known, key, last_seq, head }));
}

// Everything was sent, but the server has fewer numbers than this phone gave: the newest ones are lost.
export async function mendEnd() {
  const known = await device(words.user);
  const given = known && ((await fact(`head:${known.id}`))?.seq ?? 0);
  const told = given && (await dayFacts())?.devices?.find(({ id }) => id === known.id);
  return Boolean(told && told.last_seq < given) && mend(known.id);
}

async function rewrite({ id, known, key, last_seq, head }) {
  const own = known.id === id;
  const name = `head:${known.id}`;
  const before = (await fact(name)) ?? { seq: 0, hash: '' };
  const held = (await (await open()).getAll('events')).filter((event) => event.device === id && event.seq > last_seq);
  const plan = planned(id, held, last_seq + 1, own ? before.seq : 0);
  if (!plan.some(({ lost }) => lost)) return false;
  // The numbers of this phone stay what they were; those of a key that is gone follow behind its own.
  const chain = own ? { seq: last_seq, hash: head } : { ...before };
  const events = [];
  for (const { lost, event } of own ? plan : plan.filter(({ lost: gap, seq }) => !gap || gap.first === seq)) {
    const said = event ? JSON.parse(event.text) : declared(lost, held);
    const text = canonical({ ...said, device: known.id, seq: chain.seq + 1, prev: chain.hash });
    const spoken = event ? event.words : words.textLost.replace('{n}', lost.first === lost.last ? lost.first : `${lost.first}–${lost.last}`);
    Object.assign(chain, { seq: chain.seq + 1, hash: await sha256(bytesOf(text)) });
    const { kind, at, body } = JSON.parse(text);
    events.push({ photo: '', ...event, device: known.id, user: words.user, seq: chain.seq, id: said.id, kind, at, body, words: spoken, text, sig: await sign(known, key, text) });
  }
  return write(['facts', 'events'], async (change) => {
    const facts = change.objectStore('facts');
    if (((await facts.get(name))?.seq ?? 0) !== before.seq) return false;
    for (const event of held) await change.objectStore('events').delete([event.device, event.seq]);
    for (const event of events) await change.objectStore('events').add(event);
    await facts.put(chain, name);
    return true;
  });
}

// Each number from the first that the server lacks: the act that is held, or the gap that it belongs to.
export function planned(id, held, from, given) {
  const acts = new Map(held.map((event) => [event.seq, event]));
  const until = Math.max(given, ...acts.keys());
  const plan = [];
  for (let seq = from; seq <= until; seq += 1) {
    const event = acts.get(seq);
    const lost = event ? undefined : (plan.at(-1)?.lost ?? { device: id, first: seq, last: seq });
    if (lost) lost.last = seq;
    plan.push({ seq, event, lost });
  }
  return plan;
}

// `round_id` of the act that follows, or what else it names: so the office finds where the gap belongs.
function declared(lost, held) {
  const after = held.find(({ seq }) => seq > lost.last)?.body ?? {};
  const name = ['round_id', 'trip_id', 'stop_id'].find((each) => after[each]);
  const body = { ...lost, ...(name && { [name]: after[name] }) };
  return { v: 1, id: newId(), at: new Date().toISOString(), by: words.user, kind: KIND, body };
}
