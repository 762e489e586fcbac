// A field that searches while one types: options from the server, chosen by mouse or arrow keys.
const WAIT_MS = 200;

function attach(box) {
  const text = box.querySelector('[data-lookup-text]');
  const value = box.querySelector('[data-lookup-value]');
  const options = box.querySelector('[role="listbox"]');
  let timer = 0;
  let asked = 0;
  let active = -1;

  const close = () => {
    options.hidden = true;
    active = -1;
    text.setAttribute('aria-expanded', 'false');
    text.removeAttribute('aria-activedescendant');
  };
  const choose = (option) => {
    value.value = option.dataset.value;
    text.value = option.dataset.text;
    close();
    box.dispatchEvent(new CustomEvent('wh:chosen', { bubbles: true, detail: { value: value.value, text: text.value } }));
  };
  const mark = (index) => {
    const all = [...options.querySelectorAll('[role="option"]')];
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, number) => option.setAttribute('aria-selected', String(number === active)));
    text.setAttribute('aria-activedescendant', all[active].id);
    all[active].scrollIntoView({ block: 'nearest' });
  };
  const draw = (found) => {
    options.replaceChildren(...found.map((item, number) => {
      const option = document.createElement('li');
      option.id = `${options.id}-${number}`;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      option.dataset.value = item.value;
      option.dataset.text = item.text === item.value ? item.text : `${item.value} ${item.text}`;
      for (const [part, word] of [['code', item.value], ['lookup-text', item.text], ['note', item.detail ?? '']]) {
        const span = document.createElement('span');
        span.className = part;
        span.textContent = word;
        option.append(span);
      }
      return option;
    }));
    if (!found.length) {
      const nothing = document.createElement('li');
      nothing.className = 'lookup-nothing';
      nothing.textContent = options.dataset.empty;
      options.append(nothing);
    }
    options.hidden = false;
    active = -1;
    text.setAttribute('aria-expanded', 'true');
  };
  const search = async () => {
    const words = text.value.trim();
    const turn = ++asked;
    if (!words) return close();
    const url = new URL(box.dataset.lookup, location.href);
    url.searchParams.set('q', words);
    const answer = await fetch(url, { headers: { Accept: 'application/json' } }).catch(() => null);
    // An older answer must not replace a newer one.
    if (!answer?.ok || turn !== asked) return undefined;
    return draw(await answer.json());
  };

  text.addEventListener('input', () => {
    value.value = text.value.trim();
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (options.hidden) search();
      else mark(active + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' && !options.hidden && active >= 0) {
      event.preventDefault();
      choose(options.querySelectorAll('[role="option"]')[active]);
    } else if (event.key === 'Escape') close();
  });
  options.addEventListener('pointerdown', (event) => {
    const option = event.target.closest('[role="option"]');
    event.preventDefault();
    if (option) choose(option);
  });
  text.addEventListener('blur', close);
}

const attachAll = (root) => {
  for (const box of root.querySelectorAll('[data-lookup]:not([data-attached])')) {
    box.dataset.attached = '';
    attach(box);
  }
};
attachAll(document);
document.addEventListener('htmx:load', (event) => attachAll(event.target.parentElement ?? document));
