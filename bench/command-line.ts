import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DOVECOT_24_ROOT } from '../test/real/servers/dovecot-2.4-root.js';
import { type GeneratedKind, generatedConfig } from './generated-config.js';
import { type Candidate, measureInTurn, table } from './measure.js';

const DVPROXY = [process.execPath, resolve('bin/dvproxy.js')];

/** Cold starts and large files: `dvproxy check` and `config` beside `node -e 0` and real `doveconf`. */
export function benchCommandLine(rounds: number): string {
  const guide = resolve('fixtures/guide/corrected/proxy');
  const cold = measureInTurn(
    [
      { label: 'node -e 0', command: [process.execPath, '-e', '0'] },
      {
        label: 'dvproxy check, guide (corrected)',
        command: [...DVPROXY, 'check', '-c', join(guide, 'dovecot.conf'), '--map', `/etc/dovecot=${guide}`],
      },
      {
        label: 'dvproxy config -n, guide (corrected)',
        command: [
          ...DVPROXY,
          'config',
          '-n',
          '-c',
          join(guide, 'dovecot.conf'),
          '--map',
          `/etc/dovecot=${guide}`,
        ],
      },
      {
        label: 'doveconf -n 2.3, guide (corrected)',
        command: ['doveconf', '-n', '-c', join(guide, 'dovecot.conf')],
      },
    ],
    rounds,
  );
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-bench-'));
  const folder24 = join(DOVECOT_24_ROOT, 'tmp', 'dvproxy-bench');
  mkdirSync(folder24, { recursive: true });
  try {
    const parts = [table('Cold start', cold)];
    for (const [title, kind, count] of [
      ['10 MB of flat settings', 'flat', 156_000],
      ['5,000 passdb blocks', 'passdb', 5_000],
      ['5,000 local_name blocks', 'local_name', 5_000],
    ] as const) {
      parts.push(
        table(title, measureInTurn(largeCandidates(folder, folder24, kind, count), Math.min(rounds, 3))),
      );
    }
    return parts.join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(folder24, { recursive: true, force: true });
  }
}

function largeCandidates(folder: string, folder24: string, kind: GeneratedKind, count: number): Candidate[] {
  const file23 = join(folder, `${kind}-2.3.conf`);
  writeFileSync(file23, generatedConfig('2.3', kind, count));
  const file24 = join(folder24, `${kind}-2.4.conf`);
  writeFileSync(file24, generatedConfig('2.4', kind, count));
  return [
    { label: 'doveconf -n 2.3', command: ['doveconf', '-n', '-c', file23] },
    { label: 'dvproxy config -n 2.3', command: [...DVPROXY, 'config', '-n', '-c', file23] },
    { label: 'dvproxy check 2.3', command: [...DVPROXY, 'check', '-c', file23] },
    {
      label: 'doveconf -n 2.4',
      command: ['chroot', DOVECOT_24_ROOT, 'doveconf', '-n', '-c', `/tmp/dvproxy-bench/${kind}-2.4.conf`],
    },
    { label: 'dvproxy config -n 2.4', command: [...DVPROXY, 'config', '-n', '-c', file24] },
    { label: 'dvproxy check 2.4', command: [...DVPROXY, 'check', '-c', file24] },
  ];
}
