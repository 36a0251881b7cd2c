import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { InstalledDoveconf } from '../conformance/doveconf.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';

describe.each([
  { version: '2.3.19.1', script: 'generate-knowledge-2.3.mjs', root: [] },
  { version: '2.4.1', script: 'generate-knowledge-2.4.mjs', root: ['--root', DOVECOT_24_ROOT] },
] as const)('the setting tables of $version', ({ version, script, root }) => {
  const missing =
    InstalledDoveconf.missing(version) ??
    (spawnSync('cc', ['--version']).status === 0 ? null : 'no C compiler in PATH');
  if (missing !== null) {
    if (process.env['CI'] === 'true') throw new Error(missing);
    console.warn(`comparison of the setting tables of ${version} skipped: ${missing}`);
  }

  test.skipIf(missing !== null)('are those of the installed program', () => {
    const args = [`scripts/${script}`, ...root, '--check'];
    const { status, stderr } = spawnSync('node', args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
