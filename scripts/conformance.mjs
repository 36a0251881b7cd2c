// Compares `dvproxy config` with doveconf: `npm run conformance`, with `-- --runs N [--seed S] [--show N]` also on N
// random configurations per version (docs/conformance.md).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

// Beside node_modules, where the packages are found.
const folder = mkdtempSync('node_modules/.conformance-');
try {
  const outfile = join(folder, 'main.mjs');
  await build({
    entryPoints: ['test/conformance/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  process.exitCode =
    spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
