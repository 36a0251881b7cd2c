import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ask, type AuthSetup, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type FakeImap, startFakeImap } from '../servers/fake-imap.js';

const required = process.env['CI'] === 'true';

const SCRIPT = `#!/bin/sh
{ cat <&3; } | tr '\\0' '\\n' > @DIR@/input.$$
user=$(sed -n 1p @DIR@/input.$$)
password=$(sed -n 2p @DIR@/input.$$)
rm -f @DIR@/input.$$
case $user in
  gone) [ -n "$AUTHORIZED" ] && exit 3; exit 1 ;;
  ill) exit 111 ;;
  odd) exit 2 ;;
  silent) exit 0 ;;
esac
if [ -n "$AUTHORIZED" ]; then AUTHORIZED=2; export AUTHORIZED; else [ "$password" = pw ] || exit 1; fi
proxy=y host=192.0.2.1 seen="$AUTH_USERNAME at $AUTH_DOMAIN"
EXTRA="proxy host seen userdb_uid userdb_gid" userdb_uid=1 userdb_gid=1
export EXTRA proxy host seen userdb_uid userdb_gid
exec "$@"
`;

interface Case {
  readonly config: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, number>>;
  readonly users: readonly Ask[];
  readonly versions?: readonly AuthSetup['version'][];
}

const NAMES = ['root', 'nobody', 'nosuchuser', '0', 'ROOT', 'with space', 'zoë', ''];
const system: readonly Ask[] = [
  ...NAMES.map((user) => ({ user, password: 'wrong' })),
  { user: 'root', password: null },
  { user: 'nosuchuser', password: null },
];

describe('passdbs that run programs or ask the system answer as real Dovecot does', () => {
  let imap: FakeImap;
  beforeAll(async () => {
    imap = await startFakeImap();
  });
  afterAll(() => imap?.stop());

  const cases: Readonly<Record<string, (version: AuthSetup['version']) => Case>> = {
    passwd: () => ({
      config: 'auth_username_chars =\npassdb p1 {\n  driver = passwd\n}\n',
      users: system,
    }),
    shadow: () => ({
      config: 'auth_username_chars =\npassdb p1 {\n  driver = shadow\n}\n',
      users: system,
      versions: ['2.3.19.1'],
    }),
    checkpassword: () => ({
      config:
        'auth_username_chars =\nservice auth {\n  user = root\n}\npassdb p1 {\n  driver = checkpassword\n  args = @DIR@/check %u\n}\n',
      files: { check: SCRIPT },
      modes: { check: 0o755 },
      users: [
        { user: 'ann@example.com', password: 'pw' },
        { user: 'ann', password: 'wrong' },
        { user: 'gone', password: 'pw' },
        { user: 'ill', password: 'pw' },
        { user: 'odd', password: 'pw' },
        { user: 'silent', password: 'pw' },
        { user: 'ann', password: null },
        { user: 'gone', password: null },
        { user: 'x'.repeat(600), password: 'pw' },
      ],
      versions: ['2.3.19.1'],
    }),
    imap: (version) => ({
      config:
        version === '2.3.19.1'
          ? `passdb p1 {\n  driver = imap\n  args = host=127.0.0.1 port=${imap.port}\n}\n`
          : `passdb p1 {\n  driver = imap\n  imapc_host = 127.0.0.1\n  imapc_port = ${imap.port}\n  imapc_user = %{user}\n}\n`,
      users: [
        'pw',
        'zoë',
        'NO wrong',
        'NO [AUTHENTICATIONFAILED] wrong',
        'NO [EXPIRED] too old',
        'NO [UNAVAILABLE] later',
        'close',
      ].map((password) => ({ user: 'ann', password })),
    }),
  };

  for (const version of ['2.3.19.1', '2.4.1'] as const) {
    const missing = dovecotMissing(version);
    if (missing !== null) console.log(`skipped ${version}: ${missing}`);
    describe.skipIf(missing !== null && !required)(version, () => {
      for (const [name, make] of Object.entries(cases)) {
        test(name, async () => {
          const { users, versions, ...setup } = make(version);
          if (versions !== undefined && !versions.includes(version)) return;
          const auth = startDovecotAuth({ version, ...setup });
          try {
            for (const ask of users) {
              const real = auth.real(ask);
              const ours = await auth.ours(ask);
              const plain = (log: readonly string[]) =>
                log.map((line) => line.replace(/Child \d+/, 'Child N').replace(/\(local .*\)$/, '(local N)'));
              expect
                .soft({ ask, ...ours, log: plain(ours.log) })
                .toEqual({ ask, ...real, log: plain(real.log) });
            }
          } finally {
            await auth.stop();
          }
        });
      }
    });
  }
});
