import { join, resolve } from 'node:path';
import { measureInTurn, table } from './measure.js';
import { DVPROXY } from './program.js';

/** `dvproxy check`, `config -n` and one user's `simulate` of a small configuration beside `node -e 0` and real `doveconf`. */
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
      { label: 'node -e 0', command: [process.execPath, '-e', '0'] },
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
  return table('Cold start, the guide’s corrected proxy', measured);
}
