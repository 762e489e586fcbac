// Loaded before the first paint, so that a dark screen never flashes white. Paper is always light.
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const show = (isDark) => { document.documentElement.dataset.bsTheme = isDark ? 'dark' : 'light'; };
show(dark.matches);
dark.addEventListener('change', () => show(dark.matches));
window.addEventListener('beforeprint', () => show(false));
window.addEventListener('afterprint', () => show(dark.matches));
