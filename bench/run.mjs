// Bundles bench/main.ts and runs it: `node bench/run.mjs [all|parser|check|cold-start|large-files|walks|many-users|serve|soak] [ROUNDS]`, after `npm run build`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

// Inside the project, so that packages with native parts are found.
const folder = mkdtempSync(join('node_modules', '.dvproxy-bench-'));
try {
  const outfile = join(folder, 'main.mjs');
  await build({
    entryPoints: ['bench/main.ts', 'bench/soak-role.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['better-sqlite3', 'mysql2', 'pg', 'pg-protocol', 'ldapts', 'wasmoon', 'jose', '@node-rs/*'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  process.exitCode =
    spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
