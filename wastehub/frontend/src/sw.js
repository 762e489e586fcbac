// The service worker of the phone in the cab: the app's own files out of the store, pages and papers from the network first,
// and out of the store when there is none. Everything else on this site is left alone.
// esbuild puts in: __BUILD__ (a hash over all files) and __FILES__ (their addresses).
const SHELL = `wastehub-shell-${__BUILD__}`;
const PAGES = 'wastehub-pages';
const OFFLINE = '/driver/offline';
const PATIENCE_MS = 4000;
// What a driver may need without a network. Actions (POST) and everything else go straight to the network.
const KEPT = [/^\/driver(\/|$)/, /^\/manifests(\/|$)/, /^\/papers\//];
const NEVER = [/^\/driver\/(sw\.js|day\.json|device-state\.json|session)/];

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(SHELL).then((store) =>
      store.addAll([
        ...__FILES__.map((url) => new Request(url, { cache: 'reload' })),
        // Without a cookie: this page must not know anybody.
        new Request(OFFLINE, { cache: 'reload', credentials: 'omit' }),
      ]),
    ),
  );
});

// Older files stay until the day's pages, which name them, have been fetched anew.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', ({ data }) => {
  if (data?.say === 'take-over') self.skipWaiting();
  if (data?.say === 'complete') dropOldShells();
});

async function dropOldShells() {
  if (self.registration.waiting || self.registration.installing) return;
  for (const name of await caches.keys()) {
    if (name.startsWith('wastehub-shell-') && name !== SHELL) await caches.delete(name);
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  // Also from pages that are not the cab's: whoever signs out takes his copies along.
  if (request.method === 'POST' && url.pathname === '/sign-out') event.waitUntil(caches.delete(PAGES));
  if (request.method !== 'GET') return;
  if (url.pathname.startsWith('/static/dist/')) event.respondWith(file(request));
  else if (isKept(url) && !request.headers.has('X-Wastehub-Fetch')) event.respondWith(page(event, request));
});

const isKept = ({ pathname }) => KEPT.some((pattern) => pattern.test(pathname)) && !NEVER.some((pattern) => pattern.test(pathname));

// Names of files carry their hash: one that is in the store is the right one.
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function page(event, request) {
  const fresh = fromNetwork(event, request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const first = await Promise.race([fresh.catch(() => undefined), late]);
  if (first) return first;
  const kept = await (await caches.open(PAGES)).match(request, { ignoreVary: true });
  if (kept) return kept;
  // Nothing here: a slow answer is still better than none.
  return fresh.catch(async () => (request.mode === 'navigate' && (await caches.match(OFFLINE))) || Response.error());
}

async function fromNetwork(event, request) {
  const answer = await fetch(request);
  // A gateway that has lost the server behind it is no answer.
  if ([502, 503, 504].includes(answer.status)) throw new Error(`answer ${answer.status}`);
  const user = answer.headers.get('X-Wastehub-User');
  if (answer.ok && !answer.redirected && answer.type === 'basic' && user) event.waitUntil(keep(request, answer.clone(), user));
  return answer;
}

// Copies belong to one person: whoever comes next finds none of them.
async function keep(request, answer, user) {
  const store = await caches.open(PAGES);
  const [any] = await store.keys();
  const owner = any && (await store.match(any))?.headers.get('X-Wastehub-User');
  if (owner && owner !== user) {
    await caches.delete(PAGES);
    return (await caches.open(PAGES)).put(request, answer);
  }
  return store.put(request, answer);
}
