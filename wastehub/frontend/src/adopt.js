// Acts that the app of before kept on this phone, unsigned: they become events, with the times and ids that they had.
import { device, openKey } from './device.js';
import { keep } from './outbox.js';
import { prepared } from './pictures.js';
import { words } from './server.js';
import { alone, open, write } from './store.js';

const KIND_OF = [
  [/\/rounds\/([^/]+)\/start$/, 'round_start', 'round_id'],
  [/\/rounds\/([^/]+)\/finish$/, 'round_finish', 'round_id'],
  [/\/trips\/([^/]+)\/start$/, 'trip_start', 'trip_id'],
  [/\/trips\/([^/]+)\/arrive$/, 'trip_arrive', 'trip_id'],
  [/\/stops\/([^/]+)\/close$/, 'stop_close', 'stop_id'],
  [/\/roll-bindings$/, 'label_bound', ''],
];

export async function adopt() {
  const acts = (await (await open()).getAll('acts')).filter((act) => act.user === words.user && act.state === 'waiting');
  const known = acts.length && (await device(words.user));
  const key = known && (await openKey(words.user, Infinity));
  if (!key) return;
  for (const act of acts) {
    const said = asEvent(act);
    const picture = said && act.photo ? await prepared(act.photo) : undefined;
    if (picture) said.body.photo_sha256 = picture.sha256;
    if (said) await alone('number', () => keep(known, key, said, act.words ?? '', picture));
    await write('acts', (change) => change.store.delete(act.seq));
  }
}

// {id, at, kind, body, place}, or undefined for an address that no longer exists.
function asEvent({ id, at, kind, url = '', body }) {
  if (kind === 'scan') {
    const { kind: what, lon_e6, lat_e6, accuracy_m, ...rest } = body;
    const place = lon_e6 === undefined ? undefined : { lon_e6, lat_e6, accuracy_m: accuracy_m ?? 0, at };
    return { id, at, kind: what, body: rest, place };
  }
  const [pattern, name, subject] = KIND_OF.find(([each]) => each.test(url)) ?? [];
  if (!name) return undefined;
  const checks = {};
  const rest = {};
  for (const [field, value] of Object.entries(body)) {
    if (field.startsWith('check_')) checks[field.slice(6)] = value;
    else if (value !== '') rest[field] = value;
  }
  return { id, at, kind: name, body: { ...rest, ...(subject && { [subject]: url.match(pattern)[1] }), ...(Object.keys(checks).length && { checks }) } };
}
