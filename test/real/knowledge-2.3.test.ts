import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const installed = spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout ?? '';
const available = installed.startsWith('2.3.19.1') && spawnSync('cc', ['--version']).status === 0;
if (!available) {
  if (process.env['CI'] === 'true') throw new Error('no Dovecot 2.3.19.1 or no C compiler in PATH');
  console.warn('comparison of the 2.3 setting tables skipped: no Dovecot 2.3.19.1 or no C compiler');
}

describe.skipIf(!available)('the setting tables of 2.3.19.1', () => {
  test('are those of the installed program', () => {
    const script = new URL('../../scripts/generate-knowledge-2.3.mjs', import.meta.url).pathname;
    const { status, stderr } = spawnSync('node', [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
