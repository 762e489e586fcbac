// Builds one sprite from the icons named in src/icons.json: our word -> file name in bootstrap-icons (MIT).
import { readFile } from 'node:fs/promises';

export async function sprite(iconsJson, iconsDir) {
  const names = JSON.parse(await readFile(iconsJson, 'utf8'));
  const symbols = await Promise.all(Object.entries(names).map(async ([word, file]) => {
    const svg = await readFile(`${iconsDir}/${file}.svg`, 'utf8');
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').trim();
    return `<symbol id="${word}" viewBox="0 0 16 16" fill="currentColor">${inner}</symbol>`;
  }));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`;
}
