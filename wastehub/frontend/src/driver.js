// The gate of a stop: what it starts with; its screens have modules of their own (gate_*.js).
import { attachChange } from './gate_change.js';
import { facts, isOpen } from './gate_facts.js';
import { attachList, redraw } from './gate_list.js';
import { all, busy, findPlace, gate, now, one, place, show, showPhotos } from './gate_page.js';
import { attachRefuse } from './gate_refuse.js';
import { attachScan } from './gate_scan.js';
import { attachSign } from './gate_sign.js';
import { attachWeigh } from './gate_weigh.js';
import { record } from './outbox.js';

function tell(spot, text) {
  spot.className = 'notice notice-bad';
  spot.textContent = text;
  spot.hidden = false;
  spot.scrollIntoView({ block: 'nearest' });
}

// -- forms that are one event: <form data-kind="label_bound" data-next="/driver/stops/..." data-words="..."> -----------------

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-kind]')) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = '1';
  const buttons = all(`button[type=submit]`, form).concat(all(`button[form="${form.id}"]`));
  const { kind, words, next } = form.dataset;
  const body = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
  busy(buttons, true);
  const answer = await record({ kind, body, words, place: place() });
  busy(buttons, false);
  delete form.dataset.busy;
  if (answer.ok || answer.kept) location.assign(next);
  else tell(one('[data-act-message]', form), answer.message);
});

// -- the gate -------------------------------------------------------------------------------------------------------

async function start() {
  await redraw();
  now.opens = isOpen(gate.dataset.stop);
  for (const spot of all('[data-not-open]')) spot.hidden = now.opens;
  for (const spot of all('[data-only-open]')) spot.hidden = !now.opens;
  for (const button of all('[data-open-container]', gate)) button.disabled = !now.opens;
  if (now.opens) {
    attachList();
    for (const attach of [attachScan, attachWeigh, attachRefuse, attachChange, attachSign]) attach();
    gate.addEventListener('change', showPhotos);
    // What was wrong is being put right.
    gate.addEventListener('input', ({ target }) => all('[data-problem]', target.form ?? undefined).forEach((spot) => (spot.hidden = true)));
    window.addEventListener('hashchange', () => show(location.hash.slice(1) || 'list'));
    findPlace();
  }
  show(location.hash.slice(1) || 'list');
  // An act that the server answers later changes what the list shows.
  document.addEventListener('wh:outbox', redraw);
  gate.dataset.ready = '';
}

if (gate && facts?.stops[gate.dataset.stop]) start();
