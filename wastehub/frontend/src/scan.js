// Reads QR codes with the camera, from a photo, or typed; the reader itself (WebAssembly) comes from our own server.
// Sends "wh:scan" from the element with detail {text, source: "camera" | "photo" | "typed", seal}; for seal see label_seal.js.
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm';
import { CameraControls } from './camera.js';
import { signal } from './feedback.js';
import { fetchKeys, judgeText } from './label_seal.js';

const OPTIONS = { formats: ['QRCode'], tryHarder: true, maxNumberOfSymbols: 1 };
// The same label stays before the lens for a while: tell it once.
const REPEAT_MS = 3000;
const PAUSE_MS = 60;
// Every second look is a closer one: the middle of the picture, twice as large. Small modules that are blurred, tilted
// or dim are only read so (docs/benchmarks/label_decode.md, whose decoder looks in the same way).
const CLOSER = { share: 2 / 3, times: 2 };
// A photo that a messenger has made small gets the closer look as a whole; a camera's own is large enough.
const SMALL_PHOTO_PX = 1600;

prepareZXingModule({
  overrides: { locateFile: (path, prefix) => (path.endsWith('.wasm') ? new URL(wasmUrl, import.meta.url).href : prefix + path) },
});

export class Scanner {
  constructor(element) {
    this.element = element;
    this.say = element.dataset;
    this.video = element.querySelector('video');
    this.state = element.querySelector('[data-scanner-state]');
    this.startButton = element.querySelector('[data-scanner-start]');
    this.continuous = 'continuous' in element.dataset;
    this.canvas = document.createElement('canvas');
    this.told = { text: '', at: 0 };
    this.running = false;
    this.startButton?.addEventListener('click', () => this.start());
    this.controls = new CameraControls(element, this.video);
    element.querySelector('[data-scanner-photo]')?.addEventListener('change', (event) => this.readPhoto(event.target));
    element.querySelector('[data-scanner-typed]')?.addEventListener('submit', (event) => this.readTyped(event));
    // A camera left running in the pocket empties the battery.
    document.addEventListener('visibilitychange', () => (document.hidden ? this.stop() : this.wanted && this.start()));
  }

  async start() {
    this.wanted = true;
    if (this.running || this.starting) return;
    this.starting = true;
    this.show('starting', this.say.textStarting);
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (refusal) {
      this.starting = false;
      const denied = refusal.name === 'NotAllowedError' || refusal.name === 'SecurityError';
      this.show('closed', denied ? this.say.textDenied : this.say.textMissing);
      if (this.startButton) this.startButton.hidden = false;
      return;
    }
    this.starting = false;
    this.running = true;
    if (this.startButton) this.startButton.hidden = true;
    this.controls.offer(this.stream.getVideoTracks()[0]);
    this.show('looking', this.say.textLooking);
    this.look();
  }

  stop() {
    this.running = false;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
  }

  async look() {
    for (let closer = false; this.running; closer = !closer) {
      if (this.video.videoWidth) {
        const seen = this.frame(this.video, this.video.videoWidth, this.video.videoHeight, closer ? CLOSER : undefined);
        const [found] = await readBarcodes(seen, OPTIONS);
        if (found?.text && this.running) this.tell(found.text, 'camera');
      }
      await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    }
  }

  // The pixels of a picture, or of its middle `share`, `times` as large.
  frame(picture, width, height, { share = 1, times = 1 } = {}) {
    const [wide, high] = [Math.round(width * share), Math.round(height * share)];
    this.canvas.width = wide * times;
    this.canvas.height = high * times;
    const pen = this.canvas.getContext('2d', { willReadFrequently: true });
    const [left, top] = [(width - wide) / 2, (height - high) / 2];
    pen.drawImage(picture, left, top, wide, high, 0, 0, this.canvas.width, this.canvas.height);
    return pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  async readPhoto(input) {
    const [file] = input.files;
    if (!file) return;
    const found = await this.decodePhoto(file);
    input.value = '';
    if (found?.text) this.tell(found.text, 'photo');
    else this.show(this.running ? 'looking' : 'closed', this.say.textNothing);
  }

  async decodePhoto(file) {
    const [found] = await readBarcodes(file, { ...OPTIONS, tryDenoise: true });
    if (found?.text) return found;
    const picture = await createImageBitmap(file).catch(() => null); // a file that is no picture
    if (!picture || Math.max(picture.width, picture.height) > SMALL_PHOTO_PX) return null;
    const [closer] = await readBarcodes(this.frame(picture, picture.width, picture.height, { times: CLOSER.times }), OPTIONS);
    return closer;
  }

  readTyped(event) {
    event.preventDefault();
    const input = event.target.querySelector('input');
    const text = input.value.trim().toUpperCase();
    if (!text) return;
    input.value = '';
    this.tell(text, 'typed');
  }

  async tell(text, source) {
    const now = performance.now();
    if (source === 'camera' && text === this.told.text && now - this.told.at < REPEAT_MS) {
      this.told.at = now;
      return;
    }
    if (source === 'camera') this.told = { text, at: now };
    if (!('quiet' in this.say)) signal('read');
    const seal = source === 'typed' ? '' : await judgeText(text);
    this.show(this.running ? 'read' : 'closed', this.words(seal));
    if (!this.continuous) {
      this.wanted = false;
      this.stop();
      if (this.startButton) this.startButton.hidden = false;
    } else setTimeout(() => this.running && this.show('looking', this.say.textLooking), 1200);
    if (this.say.field) this.fill(text);
    this.element.dispatchEvent(new CustomEvent('wh:scan', { bubbles: true, detail: { text, source, seal } }));
  }

  // What the seal proves, in words; a label without one is simply read.
  words(seal) {
    const said = seal && this.element.querySelector(`[data-seal="${seal}"]`)?.textContent;
    return said && seal !== 'unsigned' ? said : this.say.textRead;
  }

  fill(text) {
    const input = document.querySelector(`[name="${this.say.field}"]`);
    if (input) input.value = text;
    if (this.say.form) document.getElementById(this.say.form)?.requestSubmit();
  }

  show(state, words) {
    this.element.dataset.state = state;
    this.state.textContent = words ?? '';
  }
}

export function attachAll(root = document) {
  for (const element of root.querySelectorAll('[data-scanner]:not([data-attached])')) {
    element.dataset.attached = '';
    element.scanner = new Scanner(element);
    if ('autostart' in element.dataset) element.scanner.start();
    else if (element.scanner.startButton) element.scanner.startButton.hidden = false;
  }
}
attachAll();
if (document.querySelector('[data-scanner]')) fetchKeys();
document.addEventListener('htmx:load', () => attachAll());
