// What the phone knows of its round: what the page brought along, and over it what was done on this phone since.
import { dayFacts } from './day.js';
import { judge, judgeDead, mayRide, readTyped, weighingDifference } from './gate_rules.js';
import { english, explain, fill, gate, nameOf, pageFacts, say } from './gate_page.js';
import { readLabel } from './label_seal.js';
import { mine, words } from './outbox.js';
import { fact } from './store.js';

// An act may have been written while the page was: doing it twice to a copy does no harm.
const MARGIN_MS = 5000;

export let facts = pageFacts;

// Acts that the server has accepted since the page was made, then those that wait.
async function ownActs(base) {
  const settled = (await fact('settled').catch(() => [])) ?? [];
  const made = Date.parse(base.made_at) - MARGIN_MS;
  const later = settled.filter((act) => act.user === words.user && (act.settledAt ?? Infinity) > made);
  const waiting = (await mine()).filter((act) => act.state === 'waiting');
  return [...later.map((act) => ({ ...act, waits: false })), ...waiting.map((act) => ({ ...act, waits: true }))];
}

// The newer of what the page brought along and what the phone has fetched since: a page out of the store may be hours old.
async function newest() {
  const fetched = (await dayFacts())?.gate?.[pageFacts.round_id];
  return fetched && fetched.made_at > pageFacts.made_at && fetched.stops[gate.dataset.stop] ? fetched : pageFacts;
}

export async function refresh() {
  const base = await newest();
  const laid = structuredClone(base);
  laid.waits = {}; // label -> what was done to it and is not uploaded yet
  laid.confirmed = {}; // stop -> how many containers were on board when the firm confirmed last
  for (const [id, stop] of Object.entries(laid.stops)) laid.confirmed[id] = stop.confirmed;
  for (const act of await ownActs(base)) apply(laid, act);
  facts = laid;
  return facts;
}

function apply(laid, { kind, body, waits }) {
  const container = laid.containers[body.label_code] ?? Object.values(laid.containers).find((each) => each.id === body.container_id);
  if (kind === 'load' && container && body.measured_g) board(laid, container, body);
  if (kind === 'refuse' && container) container.refused = body.reason;
  if (kind === 'unload_back' && container) Object.assign(container, { state: 'labelled', trip_id: null, mass_g: container.declared_g });
  if (kind === 'change_agreed' && container) change(container, body);
  if (kind === 'label_bound') bound(laid, body);
  if (kind === 'hand_over') laid.confirmed[body.stop_id] = aboardOf(laid, body.stop_id);
  if (kind === 'stop_close' && laid.stops[body.stop_id]) laid.stops[body.stop_id].state = body.outcome;
  if (kind === 'round_start') leave(laid);
  if (kind === 'trip_start') trip(laid, body.trip_id).state = 'under_way';
  if (kind === 'trip_arrive') trip(laid, body.trip_id).state = 'arrived';
  if (waits && body.label_code) laid.waits[body.label_code] = kind;
}

// The number of a roll speaks for the drum from now on, also before the server knows.
function bound(laid, { container_id, roll_code }) {
  const [label, container] = Object.entries(laid.containers).find(([, each]) => each.id === container_id) ?? [];
  if (!container) return;
  container.state = 'labelled';
  laid.codes[roll_code.split('/').pop().replace(/[^0-9a-z]/gi, '').toUpperCase()] = label;
}

function aboardOf(laid, stopId) {
  const { trip_id, enterprise_id } = laid.stops[stopId] ?? {};
  return Object.values(laid.containers).filter((each) => each.state === 'loaded' && each.trip_id === trip_id && each.enterprise_id === enterprise_id).length;
}

// Leaving the platform in the morning sets the first trip on the road.
function leave(laid) {
  if (laid.started) return;
  laid.started = true;
  const first = laid.trips.find((each) => each.state === 'planned');
  if (first) first.state = 'under_way';
}

const trip = (laid, id) => laid.trips.find((each) => each.id === id) ?? {};

function board(laid, container, { stop_id, measured_g }) {
  const { trip_id } = laid.stops[stop_id] ?? {};
  Object.assign(container, { state: 'loaded', trip_id, mass_g: measured_g, refused: undefined });
}

function change(container, { what, mass_g, container_type }) {
  if (what === 'amount') Object.assign(container, { declared_g: mass_g, mass_g });
  else container.type = container_type;
}

// -- the round ------------------------------------------------------------------------------------------------------

// A gate is served while its trip is on the road and nobody has left it.
export function isOpen(stopId) {
  const stop = facts.stops[stopId];
  const current = facts.trips.find((each) => each.state === 'under_way');
  return facts.started && stop?.state === 'planned' && current?.id === stop.trip_id;
}

function vehicle(tripId) {
  const aboard = Object.values(facts.containers).filter((each) => each.state === 'loaded' && each.trip_id === tripId);
  return {
    ...facts.vehicle,
    groups_on_board: aboard.map(asLoad),
    mass_on_board_g: aboard.reduce((sum, each) => sum + each.mass_g, 0),
  };
}

const asLoad = ({ group, enterprise_id, waste_code, hazards }) => ({ group, unit: enterprise_id, waste_code, hazards });

export const leftOnBoard = (stopId) => {
  const { capacity_g, mass_on_board_g } = vehicle(facts.stops[stopId].trip_id);
  return Math.max(0, capacity_g - mass_on_board_g);
};

// -- labels ---------------------------------------------------------------------------------------------------------

// {label, container, dead, problem}: what a scanned or typed text names, as far as the phone knows.
export function lookUp(text, source, stopId) {
  const { code, short } = readLabel(text);
  const roll = text.match(/\/p\/([^/?#]+)\/?$/i)?.[1].replace(/[^0-9a-z]/gi, '').toUpperCase();
  const named = facts.containers[code] ? code : facts.codes[short || roll];
  if (named) return known(named);
  if (facts.dead[code]) return { label: code, dead: facts.dead[code] };
  return source === 'typed' ? typed(text, code, stopId) : { label: roll ?? code };
}

const known = (label) => ({ label, container: { ...facts.containers[label], label_code: label } });

// Gloves type the last few characters; a whole short code with a wrong digit is noticed.
function typed(text, code, stopId) {
  const read = readTyped(text);
  if (read.kind === 'roll' && facts.codes[read.code]) return known(facts.codes[read.code]);
  const request = facts.stops[stopId].request_id;
  const ending = Object.keys(facts.containers).filter(
    (label) => facts.containers[label].request_id === request && read.code.length >= 3 && label.endsWith(read.code),
  );
  if (ending.length === 1) return known(ending[0]);
  if (['short', 'roll'].includes(read.kind) && !read.right) return { label: read.code, problem: say.typedWrong };
  if (read.kind === 'ending') return { label: read.code, problem: ending.length ? say.typedSeveral : say.typedNone };
  return { label: code };
}

// -- verdicts -------------------------------------------------------------------------------------------------------

// {outcome, reason, message, ask}: `ask`: only the server can know, or should: it keeps who tried what.
export function judgeAct(found, stopId, scan = {}) {
  if (found.dead) return said(judgeDead(found.dead), true);
  if (!found.container) return { outcome: 'refused', message: stranger(found.label, stopId), ask: true };
  const verdict = judge({ ...question(found.container, stopId), scan: { kind: 'load', measured_g: null, label_code: found.label, round_id: facts.round_id, ...scan } });
  return said(verdict, ['other_enterprise', 'not_on_this_round', 'already_collected'].includes(verdict.reason));
}

function question(container, stopId) {
  const stop = facts.stops[stopId];
  const mineAboard = container.state === 'loaded' && facts.trips.some((each) => each.id === container.trip_id);
  return {
    container: { ...container, loaded_round_id: mineAboard ? facts.round_id : null },
    stop: { enterprise_id: stop.enterprise_id, request_id: stop.request_id, round_open: isOpen(stopId) },
    vehicle: vehicle(stop.trip_id),
    matrix: facts.matrix,
    tolerance: facts.tolerance[container.basis],
    reasons: facts.reasons,
  };
}

// Whether it may ride at all, before it stands on a scale. undefined: yes.
export function mayRideHere(container, stopId) {
  const barred = mayRide(container, vehicle(facts.stops[stopId].trip_id), facts.matrix);
  return barred ? said(barred, false) : undefined;
}

function said(verdict, ask) {
  const code = verdict.outcome === 'duplicate' ? 'scan.duplicate' : `scan.${verdict.reason}`;
  const warnings = verdict.warnings.map((each) => ({ code: each.code, message: explain(each.code, each.params) }));
  return { ...verdict, warnings, message: verdict.outcome === 'accepted' ? '' : explain(code, withNames(verdict.params)), ask };
}

const withNames = (params) => ({ ...params, ...(params.name_zh && { name: english ? params.name_en : params.name_zh }) });

// A label begins with the code of its unit: so much is said of one that is on no list.
function stranger(label, stopId) {
  const unit = label.slice(0, 18);
  if (label.length === 37 && unit === facts.stops[stopId].code) return say.ownNotListed;
  const other = Object.values(facts.stops).find((each) => label.length === 37 && each.code === unit);
  return other ? fill(say.otherFirm, { firm: other.firm }) : say.notHere;
}

export const difference = (container, measured_g) => weighingDifference(container.declared_g, measured_g, facts.tolerance[container.basis]);

// Several drums on one scale are equal ones: the same waste in the same packaging.
export function mayShareScale(labels) {
  const [first, ...others] = labels.map((label) => facts.containers[label]);
  return others.every((each) => each.waste_code === first.waste_code && each.type === first.type && each.enterprise_id === first.enterprise_id);
}

export const tareOf = (labels) => labels.reduce((sum, label) => sum + (facts.types[facts.containers[label]?.type]?.tare_g ?? 0), 0);
export const typeName = (code) => nameOf(facts.types[code]);
export const wasteName = (label) => nameOf(facts.containers[label]);
