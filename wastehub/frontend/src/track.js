// Replay of a round's track on the office's map: a slider and a play button move one mark along the drawn points.
const one = (selector, root = document) => root.querySelector(selector);
const STEP_MS = 120;

function attach(panel) {
  const svg = one('[data-map-svg]');
  const points = [...(svg?.querySelectorAll('.spot-track') ?? [])];
  if (points.length < 2) return;
  const mark = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  mark.setAttribute('class', 'spot spot-here');
  mark.setAttribute('r', '7');
  svg.append(mark);
  const slider = one('input', panel);
  const shown = one('output', panel);
  const button = one('button', panel);
  slider.max = points.length - 1;
  slider.value = points.length - 1;
  panel.hidden = false;
  const show = () => {
    const point = points[slider.value];
    mark.setAttribute('cx', point.getAttribute('cx'));
    mark.setAttribute('cy', point.getAttribute('cy'));
    shown.textContent = point.querySelector('title')?.textContent ?? '';
    points.forEach((each, at) => (each.style.opacity = at > slider.value ? 0.1 : ''));
  };
  let timer;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    button.setAttribute('aria-pressed', 'false');
  };
  const play = () => {
    if (Number(slider.value) >= points.length - 1) slider.value = 0;
    button.setAttribute('aria-pressed', 'true');
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (Number(slider.value) >= points.length - 1) stop();
    }, STEP_MS);
  };
  slider.addEventListener('input', () => (stop(), show()));
  button.addEventListener('click', () => (timer ? stop() : play()));
  show();
}

for (const panel of document.querySelectorAll('[data-replay]')) attach(panel);
