// Keys that no longer exist (forgotten or too often wrong PIN): once all that they signed has arrived, the server hears of it,
// so that a driver does not run out of phones.
import { post, words } from './server.js';
import { changeFact, fact, open } from './store.js';

export async function retireGone() {
  const gone = ((await fact('gone')) ?? []).filter(({ user }) => user === words.user);
  if (!gone.length) return;
  const owed = new Set((await (await open()).getAll('events')).map(({ device }) => device));
  for (const { id } of gone.filter((each) => !owed.has(each.id))) {
    const answer = await post(`${words.devices}/${id}/revoke`, { reason: words.textRetired });
    if (answer.ok || answer.status === 404) await changeFact('gone', (before) => before?.filter((each) => each.id !== id));
  }
}
