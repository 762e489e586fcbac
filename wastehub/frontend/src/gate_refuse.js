// What is not taken along, or put back: refused with a reason of the catalogue, with the note or photo it asks for.
import { wasteName } from './gate_facts.js';
import { all, now, onEnter, one, reasonGiven, say, shortLabel, showPhotos, showProblem } from './gate_page.js';
import { act, nameOfNow, showAnswer } from './gate_send.js';

const form = () => one('[data-refuse]');

async function refuse() {
  const reason = reasonGiven(form(), true);
  if (!reason) return;
  const { label } = now;
  const [photo] = one('[name=photo]', form()).files;
  const answer = await act('refuse', label, { reason: reason.code, note: reason.note }, { title: say.refused, photo, buttons: all('[data-refuse-send]') });
  if (answer && !answer.refused) now.tray = now.tray.filter((each) => each !== label);
  showAnswer(answer, { title: say.refused, denied: say.notRecorded, what: `${nameOfNow()} · ${reason.name}`, label });
}

async function unload() {
  const { label } = now;
  const answer = await act('unload_back', label, {}, { title: say.undone, buttons: all('[data-unload]') });
  showAnswer(answer, { title: say.undone, denied: say.notRecorded, what: wasteName(label) || shortLabel(label), label });
}

export function attachRefuse() {
  form().addEventListener('submit', (event) => (event.preventDefault(), refuse()));
  one('[data-refuse-send]').addEventListener('click', refuse);
  one('[data-unload]').addEventListener('click', unload);
  onEnter('refuse', () => {
    form().reset();
    showPhotos();
    showProblem(form(), '');
  });
}
