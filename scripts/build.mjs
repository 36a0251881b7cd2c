// Bundles the sources into dist/cli.cjs, then runs the common commands once each and keeps V8's compiled code beside it
// (bin/bundle.js loads both). Database drivers stay outside, so that `check` never loads one.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const options = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifySyntax: true,
  minifyWhitespace: true,
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
await build({
  ...options,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/cli.cjs',
  format: 'cjs',
  define: { 'import.meta.url': '__bundleUrl' },
});
// The library entry with its types (docs/library.md).
await build({ ...options, entryPoints: ['src/cli/library.ts'], outfile: 'dist/library.mjs', format: 'esm' });
const types = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
  encoding: 'utf8',
});
if (types.status !== 0) throw new Error(`the types were not written: ${types.stdout}`);

const guide = (variant) => {
  const folder = `fixtures/guide/${variant}/proxy`;
  return ['-c', `${folder}/dovecot.conf`, '--map', `/etc/dovecot=${folder}`];
};
const databases = 'fixtures/guide/corrected/databases';
const fixtures = ['mailproxy', 'maillocal'].flatMap((name) => ['--fixture', `${databases}/${name}.sql`]);
const warmUps = [
  ['check', ...guide('as-written')],
  ['config', ...guide('corrected')],
  ['expand', '%{user}'],
  ['simulate', 'user1@domain1.com', ...guide('corrected'), ...fixtures],
];
for (const args of warmUps) {
  const run = spawnSync(process.execPath, ['scripts/write-code-cache.cjs', ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the code cache of ${args[0]} was not written: ${run.stderr}`);
}
