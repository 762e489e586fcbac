// The one spelling of an event, the same here and on the server (wastehub/domain/field_events.py): sorted keys, no blanks,
// NFC texts, whole numbers only. What is undefined or null is left out.
export function canonical(value) {
  if (typeof value === 'string') return JSON.stringify(clean(value));
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(Object.is(value, -0) ? 0 : value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value && Object.getPrototypeOf(value) === Object.prototype) {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined && value[key] !== null).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
  }
  throw new TypeError(`an event cannot hold ${value === null ? 'null' : typeof value} (${String(value).slice(0, 40)})`);
}

// Half a character, as a broken paste may hold, and the zero that no database takes.
const clean = (text) => text.replace(/\p{Surrogate}|\0/gu, '\ufffd').normalize('NFC');

export const bytesOf = (text) => new TextEncoder().encode(text);

export const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export const sha256 = async (bytes) => hex(await crypto.subtle.digest('SHA-256', bytes));

export const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

// crypto.randomUUID exists only on https; phones reach a test server by its address.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
