// What a phone's camera can do beside showing a picture: light, zoom, focus where it is tapped. What it cannot is not offered.
const POINT_SHOWN_MS = 700;

export class CameraControls {
  constructor(root, video) {
    this.video = video;
    this.torch = root.querySelector('[data-scanner-torch]');
    this.zoom = root.querySelector('[data-scanner-zoom]');
    this.point = root.querySelector('[data-scanner-point]');
    this.torch?.addEventListener('click', () => this.toggleTorch());
    for (const button of this.zoom?.querySelectorAll('[data-zoom]') ?? []) {
      button.addEventListener('click', () => this.step(Number(button.dataset.zoom)));
    }
    video.addEventListener('click', (event) => this.focusAt(event));
  }

  // Whenever the camera starts: offer what this track can.
  offer(track) {
    this.track = track;
    this.can = track?.getCapabilities?.() ?? {};
    if (this.torch) this.torch.hidden = !this.can.torch;
    this.torch?.setAttribute('aria-pressed', 'false');
    this.range = this.can.zoom && this.can.zoom.max > this.can.zoom.min ? this.can.zoom : null;
    if (this.zoom) this.zoom.hidden = !this.range;
    if (this.range) this.showZoom(this.track.getSettings?.().zoom ?? this.range.min);
    // Continuous focus is what a moving hand needs; not every phone has it on by itself.
    if (this.can.focusMode?.includes('continuous')) this.apply({ focusMode: 'continuous' });
  }

  apply(constraint) {
    return this.track.applyConstraints({ advanced: [constraint] }).catch(() => false); // refused: the picture stays as it is
  }

  async toggleTorch() {
    const on = this.torch.getAttribute('aria-pressed') !== 'true';
    if ((await this.apply({ torch: on })) !== false) this.torch.setAttribute('aria-pressed', String(on));
  }

  // Three steps over the lower part of the range: from there on pictures of most phones are only enlarged.
  async step(direction) {
    const top = Math.min(this.range.max, this.range.min * 4);
    const width = Math.max((top - this.range.min) / 3, this.range.step || 0.1);
    const wanted = Math.min(top, Math.max(this.range.min, this.zoomed + direction * width));
    if ((await this.apply({ zoom: wanted })) !== false) this.showZoom(wanted);
  }

  showZoom(value) {
    this.zoomed = value;
    const shown = this.zoom?.querySelector('[data-zoom-shown]');
    if (shown) shown.textContent = `${(value / this.range.min).toFixed(1)}×`;
  }

  async focusAt({ offsetX, offsetY }) {
    const { clientWidth, clientHeight } = this.video;
    if (!this.track || !this.can?.focusMode || !clientWidth) return;
    const mode = ['single-shot', 'continuous', 'manual'].find((each) => this.can.focusMode.includes(each));
    if (!mode) return;
    this.showPoint(offsetX, offsetY);
    const point = { x: offsetX / clientWidth, y: offsetY / clientHeight };
    await this.apply({ focusMode: mode, ...(this.can.pointsOfInterest && { pointsOfInterest: [point] }) });
  }

  showPoint(x, y) {
    if (!this.point) return;
    this.point.style.left = `${x}px`;
    this.point.style.top = `${y}px`;
    this.point.hidden = false;
    setTimeout(() => (this.point.hidden = true), POINT_SHOWN_MS);
  }
}
