// What every page needs: style, htmx with our rules, menus, dialogs, forms that submit once, the state of the line.
import './app.css';
import htmx from 'htmx.org';
import './list.js';
import './lookup.js';
import './map.js';

window.htmx = htmx;
Object.assign(htmx.config, {
  allowEval: false, // the content security policy forbids it anyway
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  scrollBehavior: 'auto',
  // Refusals (409, 422 ...) come as readable fragments: show them like any other answer.
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '403|404|409|413|422|429', swap: true, error: true },
    { code: '[45]..', swap: false, error: true },
  ],
});

document.addEventListener('htmx:configRequest', (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers['X-CSRFToken'] = token.content;
});

// Menus are <details>: a click elsewhere or Escape closes them.
document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

// Dialogs, dismissals, printing: one listener, found by data attributes.
document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-opens]');
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const closer = event.target.closest('[data-closes]');
  if (closer) closer.closest('dialog')?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  event.target.closest('[data-dismiss]')?.parentElement.remove();
  if (event.target.closest('[data-print]')) window.print();
});

// A second press must not send a form twice. The name of the button pressed still travels with it.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-once]')) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = '1';
  const buttons = [...form.querySelectorAll('button:not([type="button"])'), ...document.querySelectorAll(`button[form="${form.id}"]`)];
  setTimeout(() => buttons.forEach((button) => {
    button.setAttribute('aria-disabled', 'true');
    button.classList.add('is-busy');
  }));
});
// Coming back by the browser's history shows the page as it was: let it be sent again.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
  for (const button of document.querySelectorAll('.is-busy')) {
    button.classList.remove('is-busy');
    button.removeAttribute('aria-disabled');
  }
});

// The heading row sticks; what sticks below it must know its height.
const head = document.querySelector('.page-head');
if (head) {
  new ResizeObserver(() => document.documentElement.style.setProperty('--head', `${head.offsetHeight}px`)).observe(head);
}

document.querySelector('dialog[data-open]')?.showModal();
document.querySelector('[data-error-summary]')?.focus();

// The driver's line: on or off, and what still waits on the phone.
const outbox = { waiting: 0, attention: 0 };
let reached = true;
function showLine() {
  const online = navigator.onLine && reached;
  document.documentElement.dataset.line = online ? 'online' : 'offline';
  for (const place of document.querySelectorAll('[data-line-state]')) {
    const say = place.dataset;
    const words = [online ? say.textOnline : say.textOffline];
    if (outbox.waiting) words.push(say.textWaiting.replace('{n}', outbox.waiting));
    if (outbox.attention) words.push(say.textAttention.replace('{n}', outbox.attention));
    place.dataset.state = outbox.attention ? 'attention' : !online ? 'offline' : outbox.waiting ? 'waiting' : 'online';
    place.querySelector('[data-line-text]').textContent = words.join(' · ');
  }
}
document.addEventListener('wh:outbox', (event) => {
  Object.assign(outbox, event.detail);
  showLine();
});
document.addEventListener('wh:line', (event) => {
  reached = event.detail.reached;
  showLine();
});
window.addEventListener('online', showLine);
window.addEventListener('offline', showLine);
showLine();
