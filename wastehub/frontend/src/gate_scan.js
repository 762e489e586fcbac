// Scanning: one drum after the other, each confirmed in a line under the camera; the phone says at once what it knows.
import { attachSwitch, signal } from './feedback.js';
import { judgeAct, leftOnBoard, lookUp, mayRideHere, wasteName } from './gate_facts.js';
import { choose, itemOf, redraw } from './gate_list.js';
import { all, fill, findPlace, gate, go, massText, now, onEnter, onLeave, one, say, shortLabel } from './gate_page.js';
import { act, verdict } from './gate_send.js';
import { readLabel } from './label_seal.js';

const KEPT = 'wastehub-many';
const reported = new Set(); // a wrong drum is told to the server once, however long it stays before the lens

const scanScreen = () => one('[data-screen=scan]', gate);
const isMany = () => localStorage.getItem(KEPT) === 'yes';

// -- the line under the camera, and the drums that wait for the scale --------------------------------------------------

export function said(tone, text) {
  const line = one('[data-scan-line]', scanScreen());
  line.dataset.tone = tone;
  line.textContent = text;
  line.hidden = false;
}

function drawTray() {
  const tray = one('[data-tray]', scanScreen());
  tray.hidden = now.tray.length === 0;
  one('[data-tray-count]', tray).textContent = now.tray.length;
  for (const bar of all('[data-tray-weigh]')) {
    bar.hidden = now.tray.length === 0;
    one('[data-tray-count]', bar).textContent = now.tray.length;
  }
  one('ol', tray).replaceChildren(...now.tray.map(trayLine));
}

function trayLine(label) {
  const line = one('template[data-tray-line]', gate).content.cloneNode(true);
  one('span', line).textContent = `${wasteName(label)} ${shortLabel(label)}`;
  one('button', line).addEventListener('click', () => {
    now.tray = now.tray.filter((each) => each !== label);
    drawTray();
  });
  return line;
}

// -- a scan ---------------------------------------------------------------------------------------------------------

async function scanned({ detail, target }) {
  // A code that was still being judged when the driver went on belongs to no screen any more.
  if (location.hash !== '#scan') return undefined;
  const found = lookUp(detail.text, detail.source, gate.dataset.stop);
  if (found.problem) return mistyped(found.problem);
  if (detail.source === 'camera' && isJustLoaded(found.label)) return undefined;
  choose(found.label);
  if (detail.seal) now.seals[found.label] = detail.seal;
  // The server judges the seal itself, so it gets what was read; a text of another label would be refused.
  if (found.label === readLabel(detail.text).code && readLabel(detail.text).seal) now.reads[found.label] = detail.text.trim().slice(0, 500);
  // A forged label never rides; one that nobody can judge is carried with a flag (domain/label_doubts.py).
  if (detail.seal === 'forged') return refuse(found, { message: one('[data-seal="forged"]', target).textContent, ask: true });
  const item = itemOf(found.label);
  if (item?.dataset.state === 'unlabelled' || item?.dataset.state === 'loaded') {
    if (item.dataset.state === 'loaded' && isMany()) return repeated(found.label);
    return go('container');
  }
  const judged = judgeAct(found, gate.dataset.stop);
  if (judged.reason !== 'mass_missing') return refuse(found, judged);
  const barred = mayRideHere(found.container, gate.dataset.stop);
  if (barred) return refuse(found, barred);
  now.scanned = found.label;
  return isMany() ? collect(found) : go('weigh');
}

// The drum that was loaded a moment ago still stands before the lens: that is no wish to do something with it.
const isJustLoaded = (label) => now.loaded.includes(label) && itemOf(label)?.dataset.state === 'loaded';

// Nothing was judged: the driver types again.
function mistyped(problem) {
  signal('bad');
  said('warn', problem);
}

// No tone: drums that stand close together are seen again and again.
function repeated(label) {
  said('warn', fill(say.scannedBefore, { label: shortLabel(label) }));
}

function collect({ label, container }) {
  if (now.tray.includes(label)) return repeated(label);
  now.tray.push(label);
  drawTray();
  signal('good');
  const room = leftOnBoard(gate.dataset.stop);
  const tight = trayMass() > room;
  said(tight ? 'warn' : 'good', fill(tight ? say.trayTight : say.scannedGood, { name: wasteName(label), label: shortLabel(label), mass: massText(container.declared_g), n: now.tray.length, room: massText(room) }));
  return undefined;
}

const trayMass = () => now.tray.reduce((sum, label) => sum + (lookUp(label, 'camera', gate.dataset.stop).container?.declared_g ?? 0), 0);

function deny(found, why) {
  verdict('bad', say.denied, nameIfKnown(found), why);
  go('verdict');
}

// Judged on the phone at once; a drum that does not belong here is told to the server, which keeps who tried what.
async function refuse(found, judged) {
  deny(found, `${judged.message} ${say.judgedHere}`);
  if (!judged.ask || reported.has(found.label) || found.label.length < 9) return;
  reported.add(found.label);
  const answer = await act('load', found.label, {}, { title: say.wrongDrum });
  if (!answer || now.label !== found.label || location.hash !== '#verdict') return;
  if (!answer.kept && answer.message) one('[data-verdict-message]').textContent = answer.message;
}

const nameIfKnown = ({ label, container }) => (container ? `${wasteName(label)} ${shortLabel(label)}` : label);

// A label of a roll: the number stands at the end of its address. The crew sees it before it binds it.
function rollScanned({ detail }) {
  const code = detail.text.split('/').pop().replace(/[^0-9a-z]/gi, '').toUpperCase();
  one('#roll-code').value = code.replace(/^(.{4})(.{4})(.)$/, '$1-$2-$3').slice(0, 60);
}

export function attachScan() {
  one('#scanner').addEventListener('wh:scan', scanned);
  one('#roll-scanner').addEventListener('wh:scan', rollScanned);
  const many = one('[data-many]', scanScreen());
  const drawMany = () => many.setAttribute('aria-pressed', String(isMany()));
  many.addEventListener('click', () => {
    localStorage.setItem(KEPT, isMany() ? 'no' : 'yes');
    drawMany();
  });
  drawMany();
  attachSwitch(one('[data-sound]', scanScreen()));
  for (const button of all('[data-tray-weigh]')) button.addEventListener('click', () => (choose(now.tray[0]), go('weigh')));
  onLeave((wanted) => {
    for (const { scanner } of all('[data-scanner]', gate)) {
      if (!scanner || scanner.element.closest('[data-screen]').dataset.screen === wanted) continue;
      scanner.wanted = false;
      scanner.stop();
    }
  });
  onEnter('scan', () => {
    drawTray();
    one('#scanner').scanner?.start();
    findPlace();
  });
  onEnter('bind', () => one('#roll-scanner').scanner?.start());
  onEnter('list', () => {
    now.loaded = [];
    redraw();
  });
}
