// What a scanned or typed text says, and whether its label is genuine: judged on the phone, without a network.
// The text is HTTPS://HOST/C/<37 characters>/<159 digits>; see wastehub/domain/label_seals.py, which judges alike.
import { verifyAsync } from '@noble/ed25519';

const KEPT = 'wastehub-label-keys';
const LOOK_ALIKES = { O: '0', Q: '0', D: '0', I: '1', L: '1' };
const S_BITS = 253n;

// {code, short, seal, host}: the 37 characters, or the ten digits of a short code, or neither for some other text.
export function readLabel(text) {
  const bare = text.trim();
  const link = bare.match(/^(?:https?:\/\/([^/?#]+))?(?:\/[^?#]*)?\/c\/([^/?#]+)(?:\/([^/?#]+))?\/?(?:[?#].*)?$/i);
  if (!link && /[/:]/.test(bare)) return { code: bare, short: '', seal: '', host: '' };
  const code = (link ? link[2] : bare).normalize('NFKC').replace(/[\s-]/g, '').toUpperCase();
  const digits = code.replace(/[OQDIL]/g, (letter) => LOOK_ALIKES[letter]);
  return { code, short: !link && isShortCode(digits) ? digits : '', seal: link?.[3] ?? '', host: (link?.[1] ?? '').toLowerCase() };
}

// Ten digits whose check digits fit (ISO 7064, MOD 97-10).
export function isShortCode(digits) {
  return /^[1-9][0-9]{9}$/.test(digits) && Number(digits) % 97 === 1;
}

// Key number and signature of a seal; null for what no seal can be.
export function openSeal(digits) {
  if (!/^[0-9]{159}$/.test(digits)) return null;
  const value = BigInt(digits.slice(5));
  if (value >> (256n + S_BITS)) return null;
  const signature = new Uint8Array(64);
  for (let at = 31, r = value >> S_BITS; at >= 0; at -= 1, r >>= 8n) signature[at] = Number(r & 255n);
  for (let at = 32, s = value & ((1n << S_BITS) - 1n); at < 64; at += 1, s >>= 8n) signature[at] = Number(s & 255n);
  return { number: digits.slice(0, 5), signature };
}

// genuine, unsigned, forged, key_unknown, key_revoked, other_origin; '' when this phone cannot tell.
export async function judge(label, published) {
  if (!published) return '';
  const ours = !label.host || published.hosts.includes(label.host);
  if (!label.seal) return ours ? 'unsigned' : 'other_origin';
  const opened = openSeal(label.seal);
  if (!opened) return ours ? 'forged' : 'other_origin';
  const key = published.keys.find((each) => each.number === opened.number);
  if (key) {
    if (!globalThis.crypto?.subtle) return ''; // pages that came without TLS have no hash
    const message = new TextEncoder().encode(`wastehub label 1\n${published.origin}\n${label.code}\n`);
    const holds = await verifyAsync(opened.signature, message, bytesOfHex(key.public_key)).catch(() => false);
    if (holds) return key.revoked_at ? 'key_revoked' : 'genuine';
  }
  if (!ours) return 'other_origin';
  return key ? 'forged' : 'key_unknown';
}

const bytesOfHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));

export function keptKeys() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

// Fetches the published keys while there is a network, and keeps them for when there is none.
export async function fetchKeys() {
  try {
    const answer = await fetch('/label-keys.json', { headers: { Accept: 'application/json' } });
    if (!answer.ok) return keptKeys();
    const published = { ...(await answer.json()) };
    published.hosts = [...new Set([...published.hosts, location.host.toLowerCase()])];
    localStorage.setItem(KEPT, JSON.stringify(published));
    return published;
  } catch {
    return keptKeys();
  }
}

export async function judgeText(text) {
  const label = readLabel(text);
  if (label.code.length !== 37) return '';
  const found = await judge(label, keptKeys());
  // A key that is new to this phone may have been published since.
  return found === 'key_unknown' || found === '' ? judge(label, await fetchKeys()) : found;
}
