// A photo small enough for a bad network and without a word about where and by what it was taken. What is left is hashed here:
// the event that names the picture is signed on the phone, so the server must keep the very same bytes.
import { sha256 } from './canonical.js';

const LONGEST_PX = 1600;
const QUALITY = 0.82;

// A JPEG, or null for a file that this browser cannot draw.
export async function shrink(file, longest = LONGEST_PX) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const drawn = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
    return drawn && new Blob(bare(new Uint8Array(await drawn.arrayBuffer())), { type: 'image/jpeg' });
  } catch {
    return null;
  }
}

// The parts of a JPEG that draw the picture: application segments (EXIF, place, colour profile) and comments are left out.
export function bare(bytes) {
  const parts = [bytes.subarray(0, 2)];
  let at = 2;
  while (bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    const marker = bytes[at + 1];
    const length = 2 + (bytes[at + 2] << 8) + bytes[at + 3];
    const rides = (marker > 0xe0 && marker <= 0xef) || marker === 0xfe;
    if (!rides) parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  parts.push(bytes.subarray(at));
  return parts;
}

// What the outbox keeps of a photo: drawn anew, named by its content.
export async function prepared(file) {
  const blob = await shrink(file);
  return blob && { blob, sha256: await sha256(await blob.arrayBuffer()) };
}
