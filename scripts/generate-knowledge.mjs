// Regenerates the setting tables of all versions from installed Dovecots, or compares them (--check).
//
//   node scripts/generate-knowledge.mjs [--check] [--root-2.3 DIR] [--root-2.4 DIR]
//
// A root is a directory with a whole system (debootstrap) that has that Dovecot. Without one 2.3 is the machine's own,
// and 2.4 the one of .ci/install-servers (DVPROXY_DOVECOT_24_ROOT).
// A new version of a series needs no more than this: its tables get a file of their own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const args = process.argv.slice(2);
const usual = { 2.3: '', 2.4: process.env.DVPROXY_DOVECOT_24_ROOT ?? '/var/cache/dvproxy/debian-13' };
let failed = false;
for (const series of ['2.3', '2.4']) {
  const at = args.indexOf(`--root-${series}`);
  const folder = at === -1 ? usual[series] : (args[at + 1] ?? '');
  const root = folder === '' ? [] : ['--root', folder];
  const check = args.includes('--check') ? ['--check'] : [];
  const { status } = spawnSync('node', [`${here}generate-knowledge-${series}.mjs`, ...root, ...check], {
    stdio: 'inherit',
  });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
