// Pan and zoom for maps drawn by the server: wheel, pinch, drag, buttons, keyboard. Only the view box moves.
const MAX_ZOOM = 16;

function attach(figure) {
  const svg = figure.querySelector('[data-map-svg]');
  if (!svg) return;
  const home = svg.viewBox.baseVal;
  const full = { x: home.x, y: home.y, width: home.width, height: home.height };
  const view = { ...full };
  const fingers = new Map();
  let moved = false;

  const show = () => {
    view.x = Math.min(Math.max(view.x, full.x), full.x + full.width - view.width);
    view.y = Math.min(Math.max(view.y, full.y), full.y + full.height - view.height);
    svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
    // Texts and points keep their size on the screen: the style sheet divides by this.
    svg.style.setProperty('--zoom', full.width / view.width);
    figure.classList.toggle('is-zoomed', view.width < full.width * 0.999);
  };
  const inMap = (clientX, clientY) => {
    const point = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return { x: point.x, y: point.y };
  };
  const zoom = (factor, at = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) => {
    const width = Math.min(full.width, Math.max(full.width / MAX_ZOOM, view.width / factor));
    const ratio = width / view.width;
    view.x = at.x - (at.x - view.x) * ratio;
    view.y = at.y - (at.y - view.y) * ratio;
    view.width = width;
    view.height *= ratio;
    show();
  };
  const pan = (dx, dy) => {
    view.x += dx;
    view.y += dy;
    show();
  };
  const reset = () => {
    Object.assign(view, full);
    show();
  };

  figure.querySelector('[data-map-in]')?.addEventListener('click', () => zoom(1.6));
  figure.querySelector('[data-map-out]')?.addEventListener('click', () => zoom(1 / 1.6));
  figure.querySelector('[data-map-reset]')?.addEventListener('click', reset);

  // The page keeps scrolling over an unzoomed map; the wheel zooms with Ctrl, or once the map is zoomed.
  svg.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !figure.classList.contains('is-zoomed')) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0022), inMap(event.clientX, event.clientY));
  }, { passive: false });
  svg.addEventListener('dblclick', (event) => {
    event.preventDefault();
    zoom(2, inMap(event.clientX, event.clientY));
  });

  svg.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved = false;
  });
  svg.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const now = { x: event.clientX, y: event.clientY };
    if (!moved && Math.hypot(now.x - before.x, now.y - before.y) < 4) return;
    if (!moved) svg.setPointerCapture(event.pointerId);
    moved = true;
    if (other) {
      const spread = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      zoom(spread, inMap((now.x + other.x) / 2, (now.y + other.y) / 2));
    } else {
      const a = inMap(before.x, before.y);
      const b = inMap(now.x, now.y);
      pan(a.x - b.x, a.y - b.y);
    }
    fingers.set(event.pointerId, now);
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) svg.addEventListener(end, (event) => fingers.delete(event.pointerId));
  // The end of a drag is not a click on the area below the pointer.
  svg.addEventListener('click', (event) => {
    if (!moved) return;
    event.preventDefault();
    event.stopPropagation();
    moved = false;
  }, true);

  figure.addEventListener('keydown', (event) => {
    const step = view.width / 8;
    const acts = {
      '+': () => zoom(1.6), '=': () => zoom(1.6), '-': () => zoom(1 / 1.6), 0: reset,
      ArrowLeft: () => pan(-step, 0), ArrowRight: () => pan(step, 0), ArrowUp: () => pan(0, -step), ArrowDown: () => pan(0, step),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    if (event.key.startsWith('Arrow') && !figure.classList.contains('is-zoomed')) return;
    event.preventDefault();
    act();
  });
  show();
}

const attachAll = () => {
  for (const figure of document.querySelectorAll('[data-map]:not([data-attached])')) {
    figure.dataset.attached = '';
    attach(figure);
  }
};
attachAll();
document.addEventListener('htmx:load', attachAll);
