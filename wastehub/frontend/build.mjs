// Bundles the browser assets: node build.mjs OUTPUT_FOLDER
// Writes hashed files, manifest.json ("app.js" -> "app-1A2B3C4D.js") and THIRD-PARTY-LICENSES.txt.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sprite } from './icons.mjs';

const out = path.resolve(process.argv[2]);
const ENTRIES = ['theme', 'app', 'scan', 'driver', 'gate', 'count', 'locate', 'cab', 'round', 'track', 'hand_in'];
// What the phone in the cab keeps of it, with all that these bring along.
const PHONE = ['theme.js', 'app.js', 'app.css', 'scan.js', 'driver.js', 'cab.js', 'round.js', 'icons.svg', 'icon.svg'];
const PICTURES = ['app-192.png', 'app-512.png', 'app-maskable-512.png', 'app-touch-180.png'];

await mkdir(out, { recursive: true });
const entryPoints = ENTRIES.map((name) => `src/${name}.js`).filter((file) => existsSync(file));
const manifest = {};
let outputs = {};
const packages = new Set();

if (entryPoints.length > 0) {
  const result = await build({
    entryPoints,
    outdir: out,
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    target: ['es2022'],
    metafile: true,
    logLevel: 'warning',
    legalComments: 'none', // the licence file below carries the full texts
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[name]-[hash]',
    assetNames: 'asset-[name]-[hash]',
    loader: { '.wasm': 'file', '.svg': 'dataurl', '.woff2': 'file', '.png': 'file' },
  });
  outputs = result.metafile.outputs;
  for (const [file, output] of Object.entries(outputs)) {
    if (!output.entryPoint) continue;
    const name = path.basename(output.entryPoint, '.js');
    manifest[`${name}.js`] = path.relative(out, path.resolve(file));
    if (output.cssBundle) manifest[`${name}.css`] = path.relative(out, path.resolve(output.cssBundle));
  }
  for (const input of Object.keys(result.metafile.inputs)) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
}

// One sprite with the icons that src/icons.json names, and the site's own icon.
const named = async (name, body) => {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 8).toUpperCase();
  manifest[name] = name.replace('.', `-${hash}.`);
  await writeFile(path.join(out, manifest[name]), body);
};
if (existsSync('src/icons.json')) {
  await named('icons.svg', await sprite('src/icons.json', 'node_modules/bootstrap-icons/icons'));
  packages.add('bootstrap-icons');
}
if (existsSync('src/icon.svg')) await named('icon.svg', await readFile('src/icon.svg', 'utf8'));

for (const name of PICTURES) {
  if (existsSync(`src/icons/${name}`)) await named(name, await readFile(`src/icons/${name}`));
}

// The service worker: one file with a fixed name, and in it the list of what to keep.
if (existsSync('src/sw.js')) {
  const files = new Set();
  const follow = (name) => {
    if (!name || files.has(name)) return;
    files.add(name);
    const [, output] = Object.entries(outputs).find(([file]) => path.relative(out, path.resolve(file)) === name) ?? [];
    for (const each of output?.imports ?? []) if (!each.external) follow(path.relative(out, path.resolve(each.path)));
  };
  for (const name of [...PHONE, ...PICTURES]) follow(manifest[name]);
  const list = [...files].sort().map((name) => `/static/dist/${name}`);
  const built = createHash('sha256').update(list.join()).digest('hex').slice(0, 12);
  await build({
    entryPoints: ['src/sw.js'],
    outfile: path.join(out, 'sw.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['es2022'],
    logLevel: 'warning',
    define: { __BUILD__: JSON.stringify(built), __FILES__: JSON.stringify(list) },
  });
}

const texts = [];
for (const name of [...packages].sort()) {
  const folder = path.join('node_modules', name);
  const { version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file && !license) throw new Error(`${name} ${version} carries no licence`);
  const text = file ? await readFile(path.join(folder, file), 'utf8') : `License: ${license}\n`;
  texts.push(`${name} ${version}\n${'='.repeat(72)}\n${text}`);
}
await writeFile(path.join(out, 'THIRD-PARTY-LICENSES.txt'), texts.join('\n\n'));
await writeFile(path.join(out, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');
