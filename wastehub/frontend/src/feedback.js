// What a hand in a glove and an ear in the rain notice: a short tone and a buzz, one kind for yes, another for no.
// Browsers keep a page silent and still until it was touched once.
const KEPT = 'wastehub-silent';
const KINDS = {
  read: { tones: [[1320, 0, 0.12]], buzz: 80 },
  good: { tones: [[1320, 0, 0.1], [1760, 0.11, 0.14]], buzz: 90 },
  bad: { tones: [[330, 0, 0.22], [247, 0.24, 0.32]], buzz: [120, 80, 120] },
};

export const isSilent = () => localStorage.getItem(KEPT) === 'yes';
export const setSilent = (silent) => localStorage.setItem(KEPT, silent ? 'yes' : 'no');

let sound;
export function signal(kind) {
  document.documentElement.dataset.signal = kind;
  if (!navigator.userActivation?.hasBeenActive) return;
  const { tones, buzz } = KINDS[kind];
  navigator.vibrate?.(buzz);
  if (isSilent()) return;
  sound ??= new AudioContext();
  for (const [hertz, after, seconds] of tones) play(hertz, sound.currentTime + after, seconds);
}

function play(hertz, at, seconds) {
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.14, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  tone.connect(volume).connect(sound.destination);
  tone.start(at);
  tone.stop(at + seconds);
}

// A button that switches the tones; the buzz stays.
export function attachSwitch(button) {
  const draw = () => button.setAttribute('aria-pressed', String(!isSilent()));
  button.addEventListener('click', () => {
    setSilent(!isSilent());
    draw();
    if (!isSilent()) signal('read');
  });
  draw();
}
