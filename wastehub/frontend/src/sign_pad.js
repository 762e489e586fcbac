// A name written with a finger: strokes on a canvas, taken back one by one, given away as a picture.
const INK_PX = 4;
// Less than this is a touch by mistake, not a name.
const SHORTEST_PX = 60;

export class SignPad {
  constructor(canvas, changed = () => {}) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    canvas.addEventListener('pointerdown', (event) => this.begin(event));
    canvas.addEventListener('pointermove', (event) => this.go(event));
    for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => this.end());
    window.addEventListener('resize', () => this.fit());
  }

  // The canvas has as many pixels as the screen shows of it; strokes are kept in its own units and drawn anew.
  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(clientWidth * scale);
    this.canvas.height = Math.round(clientHeight * scale);
    this.pen = this.canvas.getContext('2d');
    this.pen.scale(scale, scale);
    this.draw();
  }

  begin(event) {
    event.preventDefault();
    if (this.active) return;
    this.active = event.pointerId;
    this.canvas.setPointerCapture?.(event.pointerId);
    this.strokes.push([this.at(event)]);
    this.draw();
  }

  go(event) {
    if (event.pointerId !== this.active) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) this.strokes.at(-1).push(this.at(each));
    this.draw();
  }

  end() {
    if (!this.active) return;
    this.active = undefined;
    this.changed(this.signed);
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  undo() {
    this.strokes.pop();
    this.draw();
    this.changed(this.signed);
  }

  clear() {
    this.strokes = [];
    this.draw();
    this.changed(this.signed);
  }

  get signed() {
    return this.strokes.reduce((sum, stroke) => sum + lengthOf(stroke), 0) >= SHORTEST_PX;
  }

  draw() {
    if (!this.pen) return this.fit();
    const { pen, canvas } = this;
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    pen.strokeStyle = '#0b1413';
    pen.lineWidth = INK_PX;
    pen.lineCap = pen.lineJoin = 'round';
    for (const stroke of this.strokes) trace(pen, stroke);
  }

  // A PNG, or null while nothing is written.
  picture() {
    if (!this.signed) return Promise.resolve(null);
    return new Promise((resolve) => this.canvas.toBlob(resolve, 'image/png'));
  }
}

function lengthOf(stroke) {
  let sum = 0;
  for (let at = 1; at < stroke.length; at += 1) sum += Math.hypot(stroke[at][0] - stroke[at - 1][0], stroke[at][1] - stroke[at - 1][1]);
  return sum;
}

// Through the middles between the points: a hand draws no corners.
function trace(pen, stroke) {
  pen.beginPath();
  pen.moveTo(...stroke[0]);
  for (let at = 1; at < stroke.length; at += 1) {
    const [x, y] = stroke[at - 1];
    const [nextX, nextY] = stroke[at];
    pen.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  pen.lineTo(...stroke.at(-1));
  pen.stroke();
}
