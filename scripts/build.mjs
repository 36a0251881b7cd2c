// Bundles the sources into dist/: one small entry, the rest in chunks that are loaded when a command needs them.
// Database drivers stay outside, so that `check` never loads one.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { cli: 'src/cli/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  external: [
    '@node-rs/argon2',
    '@node-rs/bcrypt',
    'better-sqlite3',
    'mysql2',
    'mysql2/promise',
    'pg',
    'pg-protocol',
    'ldapts',
    'jose',
    'wasmoon',
  ],
  // chevrotain's and commander's CommonJS parts may ask for require().
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
