// Read aloud on demand (F72): a button at every [data-speak] of the page, and at the gate's summary and verdicts. Where the
// browser has no voice there is no button.
const WHERE = '[data-speak], [data-gate] [data-screen="list"] > .driver-card:first-child, [data-verdict]';
const LANGUAGES = { en: 'en-US', 'zh-CN': 'zh-CN' };

// What is on the screen, as sentences: no icons, no buttons, nothing hidden.
export function spokenText(place) {
  const parts = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.replace(/\s+/g, ' ').trim();
      if (text) parts.push(text);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.hidden || node.matches('button, svg, script, template, [aria-hidden="true"]')) return;
    node.childNodes.forEach(walk);
    if (/^(P|H\d|LI|TR|DT|DD|DIV)$/.test(node.tagName) && parts.length && !/[。！？.!?]$/.test(parts.at(-1))) parts.push(document.documentElement.lang === 'en' ? '.' : '。');
  };
  walk(place);
  return parts.join(' ').replace(/\s+([。，.,])/g, '$1');
}

function speak(place, button) {
  const going = button.getAttribute('aria-pressed') === 'true';
  speechSynthesis.cancel();
  for (const each of document.querySelectorAll('.driver-speak')) each.setAttribute('aria-pressed', 'false');
  if (going) return;
  const said = new SpeechSynthesisUtterance(spokenText(place));
  said.lang = LANGUAGES[document.documentElement.lang] ?? 'zh-CN';
  said.rate = 0.95;
  said.onend = said.onerror = () => button.setAttribute('aria-pressed', 'false');
  button.setAttribute('aria-pressed', 'true');
  speechSynthesis.speak(said);
}

function offer(pattern) {
  for (const place of document.querySelectorAll(WHERE)) {
    if (place.dataset.spoken || place.closest('template')) continue;
    place.dataset.spoken = '';
    const button = pattern.content.cloneNode(true).firstElementChild;
    button.addEventListener('click', (event) => {
      event.preventDefault();
      speak(place, button);
    });
    // A verdict has its own colours: its button stands below it.
    if (place.matches('[data-verdict]')) place.after(button);
    else place.append(button);
  }
}

const pattern = document.querySelector('template[data-speak-button]');
if (pattern && 'speechSynthesis' in window && 'SpeechSynthesisUtterance' in window) {
  offer(pattern);
  // Steps of the day are put in later.
  const here = document.querySelector('[data-step-here]');
  if (here) new MutationObserver(() => offer(pattern)).observe(here, { childList: true });
  window.addEventListener('pagehide', () => speechSynthesis.cancel());
}
