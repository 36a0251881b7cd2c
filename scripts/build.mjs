// Bundles the sources into dist/: dist/cli.cjs with chunks beside it, and for each common command a pack of the chunks
// that it loads, with V8's compiled code of what it runs (bin/dvproxy.js loads them). Database drivers stay outside, so
// that `check` never loads one.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { writeChunks } from './chunks.mjs';

rmSync('dist', { recursive: true, force: true });
const options = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifySyntax: true,
  minifyWhitespace: true,
  // Fields are assigned, not defined: a start runs in the interpreter, which is slow at defining.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  external: [
    '@node-rs/argon2',
    '@node-rs/bcrypt',
    'better-sqlite3',
    'jose',
    'ldapts',
    'mysql2',
    'mysql2/promise',
    'pg',
    'pg-protocol',
    'wasmoon',
  ],
  logLevel: 'warning',
};

const main = await writeChunks(options, 'src/cli/main.ts');
writeFileSync('dist/cli.cjs', `module.exports = '${main}';\n`);

// The library entry with its types (docs/library.md).
await build({ ...options, entryPoints: ['src/cli/library.ts'], outfile: 'dist/library.mjs', format: 'esm' });
const types = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
  encoding: 'utf8',
});
if (types.status !== 0) throw new Error(`the types were not written: ${types.stdout}`);

const GUIDE = 'fixtures/guide/corrected';
const guide = ['-c', `${GUIDE}/proxy/dovecot.conf`, '--map', `/etc/dovecot=${GUIDE}/proxy`];
const faulty = ['-c', 'scripts/warm-up/faulty.conf'];
const usual = (series) => ['-c', `scripts/warm-up/${series}/dovecot.conf`];
const lookups = (series) => ['-c', `scripts/warm-up/${series}/lookups.conf`];
const fixtures = ['mailproxy', 'maillocal'].flatMap((name) => [
  '--fixture',
  `${GUIDE}/databases/${name}.sql`,
]);
/** What is packed with each command: usual runs, and what they print of a finding; what only one series needs in a pack of its own. */
const warmUps = {
  check: {
    'check-2.3': [usual('2.3'), faulty],
    'check-2.4': [usual('2.4')],
    'check-lookups': [guide, lookups('2.3'), lookups('2.4')],
  },
  config: {
    'config-2.3': [
      ['-n', ...guide],
      ['-n', ...lookups('2.3')],
    ],
    'config-2.4': [['-n', ...lookups('2.4')]],
  },
  expand: { expand: [['%{user}']] },
  simulate: { simulate: [['user1@domain1.com', ...guide, ...fixtures]] },
};
for (const [command, packs] of Object.entries(warmUps)) {
  const commandLines = JSON.stringify(
    Object.fromEntries(
      Object.entries(packs).map(([pack, lines]) => [pack, lines.map((args) => [command, ...args])]),
    ),
  );
  // First the chunks that the command loads are packed, then its compiled code is kept.
  for (const part of ['pack', 'cache']) {
    const run = spawnSync(process.execPath, ['scripts/write-pack.cjs', part, command, commandLines], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    if (run.status !== 0) throw new Error(`the ${part} of ${command} was not written: ${run.stderr}`);
  }
}
