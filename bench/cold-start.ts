import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DOVECOT_24_ROOT } from '../test/real/servers/dovecot-2.4-root.js';
import { type Candidate, measureInTurn, table } from './measure.js';
import { DVPROXY } from './program.js';

const FLOOR: Candidate = { label: 'node -e 0', command: [process.execPath, '-e', '0'] };

/** `dvproxy check`, `config -n` and one user's `simulate` of small configurations beside `node -e 0` and real `doveconf`. */
export function benchColdStart(rounds: number): string {
  const guide = resolve('fixtures/guide/corrected/proxy');
  const main = join(guide, 'dovecot.conf');
  const databases = ['mailproxy', 'maillocal'].map((name) =>
    resolve(`fixtures/guide/corrected/databases/${name}.sql`),
  );
  const fixtures = databases.flatMap((file) => ['--fixture', file]);
  const mapped = ['-c', main, '--map', `/etc/dovecot=${guide}`];
  const measured = measureInTurn(
    [
      FLOOR,
      { label: 'dvproxy check', command: [...DVPROXY, 'check', ...mapped] },
      { label: 'dvproxy config -n', command: [...DVPROXY, 'config', '-n', ...mapped] },
      {
        label: 'dvproxy simulate, one user',
        command: [...DVPROXY, 'simulate', 'user1@domain1.com', ...mapped, ...fixtures],
      },
      { label: 'doveconf -n 2.3', command: ['doveconf', '-n', '-c', main] },
    ],
    rounds,
  );
  return [table('Cold start, the guide’s corrected proxy', measured), defaultTrees(rounds)].join('\n');
}

/** The configurations that Debian's packages install. */
function defaultTrees(rounds: number): string {
  const title = 'Cold start, Debian’s default trees';
  const candidates: Candidate[] = [FLOOR];
  const reasons: string[] = [];
  for (const [series, root] of [
    ['2.3', '/'],
    ['2.4', DOVECOT_24_ROOT],
  ] as const) {
    const folder = join(root, 'etc/dovecot');
    const main = join(folder, 'dovecot.conf');
    if (!existsSync(main)) {
      reasons.push(`skipped: ${series}, because ${main} is not there\n`);
      continue;
    }
    const maps =
      root === '/' ? [] : [`/etc/dovecot=${folder}`, `/usr/share/dovecot=${root}/usr/share/dovecot`];
    const tree = ['-c', main, ...maps.flatMap((map) => ['--map', map])];
    const doveconf = root === '/' ? ['doveconf', '-n'] : ['chroot', root, 'doveconf', '-n'];
    candidates.push(
      { label: `dvproxy check, ${series}`, command: [...DVPROXY, 'check', ...tree] },
      { label: `dvproxy config -n, ${series}`, command: [...DVPROXY, 'config', '-n', ...tree] },
      { label: `doveconf -n ${series}`, command: doveconf },
    );
  }
  if (candidates.length === 1) return `### ${title}\n\n${reasons.join('')}`;
  return table(title, measureInTurn(candidates, rounds)) + reasons.join('');
}
