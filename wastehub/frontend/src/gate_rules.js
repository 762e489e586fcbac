// What a scan at the gate does, judged on the phone. The twin of wastehub/domain/custody.py, segregation.py,
// hazards.py, quantities.py and label_lives.py: tests/domain/gate_cases.json holds both to one answer.
// Pure: no page, no network, no clock. Names and units are those of the Python side.
export const ABSURD_FACTOR = 10;
export const CONTAINER_MASS_MAX_G = 30_000_000;

const STRICTNESS = { C: 0, S: 1, F: 2 };
const PROPERTY_STARTERS = ['I', 'C'];

const refused = (reason, params = {}) => ({ outcome: 'refused', reason, params, warnings: [] });
const accepted = (warnings = []) => ({ outcome: 'accepted', reason: null, params: {}, warnings });

// The first thing wrong is the reason; a scan that repeats what is so already is a duplicate.
export function judge({ scan, container, stop, vehicle, matrix, tolerance, reasons = [] }) {
  if (!container) return refused('label_unknown', { label_code: scan.label_code.slice(0, 60) });
  const { label_code } = container;
  if (container.state === 'void') return refused('label_void', { label_code });
  const early = EARLY[scan.kind](scan, container) ?? wrongPlace(container, stop);
  if (early) return early;
  if (scan.kind === 'load') return judgeLoad(scan, container, vehicle, matrix, tolerance);
  return scan.kind === 'refuse' ? judgeRefusal(scan, reasons) : accepted();
}

const EARLY = { load: repeatedLoad, refuse: collectedBefore, unload_back: notOnBoard };

const onThisRound = (scan, container) => container.state === 'loaded' && container.loaded_round_id === scan.round_id;

function repeatedLoad(scan, container) {
  const { label_code, state } = container;
  if (state === 'labelled') return null;
  if (state === 'registered') return refused('label_not_printed', { label_code });
  if (onThisRound(scan, container)) return { outcome: 'duplicate', reason: null, params: { label_code }, warnings: [] };
  return refused('already_collected', { label_code, state });
}

function collectedBefore(_scan, { label_code, state }) {
  return ['registered', 'labelled'].includes(state) ? null : refused('already_collected', { label_code, state });
}

function notOnBoard(scan, container) {
  if (onThisRound(scan, container)) return null;
  return refused('not_on_board', { label_code: container.label_code, state: container.state });
}

function wrongPlace(container, stop) {
  const { label_code } = container;
  if (!stop) return refused('not_on_this_round', { label_code });
  if (!stop.round_open) return refused('round_not_open');
  if (container.enterprise_id !== stop.enterprise_id) return refused('other_enterprise', { label_code });
  if (!container.request_id || container.request_id !== stop.request_id) return refused('not_on_this_round', { label_code });
  return null;
}

// `reasons`: the catalogue, each with code, needs_note, needs_photo, name_zh, name_en.
export function judgeRefusal({ refuse_reason, note = '', photos = 0 }, reasons) {
  if (!refuse_reason) return refused('refuse_reason_missing');
  const reason = reasons.find((each) => each.code === refuse_reason);
  if (!reason) return refused('refuse_reason_unknown', { given: refuse_reason.slice(0, 40) });
  const { name_zh, name_en } = reason;
  if (reason.needs_note && !note.trim()) return refused('note_missing', { name_zh, name_en });
  if (reason.needs_photo && photos < 1) return refused('photo_missing', { name_zh, name_en });
  return accepted();
}

function judgeLoad(scan, container, vehicle, matrix, tolerance) {
  const barred = mayRide(container, vehicle, matrix);
  if (barred) return barred;
  const { measured_g } = scan;
  const { declared_g } = container;
  if (measured_g === null || measured_g === undefined) return refused('mass_missing');
  if (isAbsurd(declared_g, measured_g)) return refused('mass_absurd', { measured_g, declared_g });
  const left_g = vehicle.capacity_g - vehicle.mass_on_board_g;
  if (measured_g > left_g) {
    return refused('vehicle_full', { measured_g, left_g: Math.max(0, left_g), capacity_g: vehicle.capacity_g });
  }
  return accepted(massWarning(declared_g, measured_g, tolerance));
}

// Licence and company on board: what can be said before the drum stands on the scale. null: it may ride.
export function mayRide(container, vehicle, matrix) {
  if (!vehicle.licensed_categories.includes(container.category)) {
    return refused('vehicle_not_licensed', { category: container.category });
  }
  const own = { group: container.group, unit: container.enterprise_id, waste_code: container.waste_code, hazards: container.hazards };
  for (const other of vehicle.groups_on_board) {
    const relation = between(own, other, matrix);
    if (relation === 'C' || (relation === 'S' && vehicle.partitioned)) continue;
    if (!own.group || !other.group) return refused('unclassified_alone');
    return refused('incompatible_on_board', { group: own.group, group_on_board: other.group, relation });
  }
  return null;
}

export function isAbsurd(declared_g, measured_g) {
  const possible = measured_g > 0 && measured_g <= CONTAINER_MASS_MAX_G;
  return !possible || measured_g >= declared_g * ABSURD_FACTOR || measured_g * ABSURD_FACTOR <= declared_g;
}

// -- segregation ----------------------------------------------------------------------------------------------------

// A pair that the phone was not told of counts as forbidden.
const relationOf = (a, b, matrix) => (a && b ? (matrix[`${a}/${b}`] ?? matrix[`${b}/${a}`] ?? 'F') : 'F');

export function between(a, b, matrix) {
  const sameUnit = a.unit !== null && a.unit !== undefined && a.unit === b.unit;
  const sameWaste = Boolean(a.waste_code) && a.waste_code === b.waste_code;
  if (!a.group || !b.group) return (a.group ?? '') === (b.group ?? '') && sameUnit && sameWaste ? 'C' : 'F';
  const byGroup = sameUnit && a.group === b.group ? 'C' : relationOf(a.group, b.group, matrix);
  if (!sameWaste && incompatibleByProperty(a.hazards, b.hazards)) return STRICTNESS[byGroup] < STRICTNESS.S ? 'S' : byGroup;
  return byGroup;
}

function incompatibleByProperty(a, b) {
  const starts = (letters) => PROPERTY_STARTERS.some((letter) => letters.includes(letter));
  return (a.includes('R') && starts(b)) || (b.includes('R') && starts(a));
}

// -- masses ---------------------------------------------------------------------------------------------------------

// {difference_g, allowed_g, within}: measured minus declared; the limit itself is still within.
export function weighingDifference(declared_g, measured_g, { floor_g, ppm }) {
  const allowed_g = Math.max(floor_g, Math.floor((declared_g * ppm) / 1_000_000));
  const difference_g = measured_g - declared_g;
  return { difference_g, allowed_g, within: Math.abs(difference_g) <= allowed_g };
}

function massWarning(declared_g, measured_g, tolerance) {
  const { difference_g, allowed_g, within } = weighingDifference(declared_g, measured_g, tolerance);
  if (within) return [];
  return [{ code: 'scan.mass_outside_tolerance', params: { declared_g, measured_g, difference_g, allowed_g } }];
}

// The weight of several equal drums on one scale: the same whole grams for each, the rest on the last.
export function shares(total_g, count) {
  const each_g = Math.floor(total_g / count);
  return Array.from({ length: count }, (_, at) => (at < count - 1 ? each_g : total_g - each_g * (count - 1)));
}

// -- labels ---------------------------------------------------------------------------------------------------------

// What a dead code is answered: replaced by another, or a roll's number that no container has.
export function judgeDead({ kind, code, successor, roll_no }) {
  if (kind === 'void') return refused('label_void', { label_code: code });
  if (kind === 'replaced') return refused('label_replaced', { label_code: code, successor });
  return refused(kind === 'unbound' ? 'roll_label_free' : 'roll_label_void', { label_code: code, roll_no });
}

const LOOK_ALIKES = { O: '0', Q: '0', D: '0', I: '1', L: '1', '|': '1', 〇: '0' };
const ROLL_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

const bare = (text) => text.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase();

// What was typed: {kind, code, right}. short: ten digits with check digits; roll: nine signs with a check sign;
// full: the 37 characters, which carry none; ending: the last signs of a code, enough to find one on the list.
export function readTyped(text) {
  const code = bare(text);
  const digits = code.replace(/[OQDIL|〇]/g, (letter) => LOOK_ALIKES[letter]);
  if (/^[0-9]{10}$/.test(digits)) return { kind: 'short', code: digits, right: digits[0] !== '0' && Number(digits) % 97 === 1 };
  if (code.length === 9 && [...code].every((sign) => ROLL_ALPHABET.includes(sign))) return { kind: 'roll', code, right: rollSum(code) % 31 === 0 };
  if (/^[0-9A-Z]{18}[0-9]{19}$/.test(code)) return { kind: 'full', code, right: true };
  return { kind: 'ending', code, right: code.length >= 3 };
}

function rollSum(code) {
  const body = [...code.slice(0, -1)].reduce((sum, sign, at) => sum + (at + 2) * ROLL_ALPHABET.indexOf(sign), 0);
  return body + ROLL_ALPHABET.indexOf(code.at(-1));
}
