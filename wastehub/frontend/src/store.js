// What this phone keeps, in IndexedDB: facts (one value per name), events that wait, pictures that wait, verdicts to be read.
import { openDB } from 'idb';

const NAME = 'wastehub-driver';
const VERSION = 2;

let opened;
export function open() {
  opened ??= openDB(NAME, VERSION, {
    upgrade(db, before) {
      if (before < 1) {
        db.createObjectStore('acts', { keyPath: 'seq', autoIncrement: true }); // acts of before there were events
        db.createObjectStore('facts');
      }
      if (before < 2) {
        db.createObjectStore('events', { keyPath: ['device', 'seq'] });
        db.createObjectStore('photos', { keyPath: 'sha256' });
        db.createObjectStore('told', { keyPath: 'id' });
      }
    },
    // A newer page in another tab must not wait for this one.
    blocking: (_now, _wanted, event) => event.target.close(),
    terminated: () => (opened = undefined),
  });
  opened.catch(() => (opened = undefined));
  return opened;
}

// One transaction that is on the disk when it is done, or leaves no trace.
export async function write(names, work) {
  const transaction = (await open()).transaction(names, 'readwrite', { durability: 'strict' });
  try {
    const result = await work(transaction);
    await transaction.done;
    return result;
  } catch (broken) {
    transaction.done.catch(() => {});
    try {
      transaction.abort();
    } catch {
      // It is over already.
    }
    throw transaction.error ?? broken;
  }
}

export const fact = async (name) => (await open()).get('facts', name);
export const keepFact = (name, value) => write('facts', (change) => change.store.put(value, name));
export const dropFact = (name) => write('facts', (change) => change.store.delete(name));

// Change one fact by what it was; no other tab comes in between.
export function changeFact(name, work) {
  return write('facts', async (change) => {
    const value = work(await change.store.get(name));
    await (value === undefined ? change.store.delete(name) : change.store.put(value, name));
    return value;
  });
}

// One tab at a time. Without Web Locks each for itself: the transactions still keep the numbers apart.
export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(`wastehub-${name}`, work) : work();
}

// Whether the disk was full; told apart from every other fault because the driver can do something about it.
export const isFull = (broken) => broken?.name === 'QuotaExceededError' || broken?.cause?.name === 'QuotaExceededError';
