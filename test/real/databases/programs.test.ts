import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Ask,
  type AuthSetup,
  dovecotMissing,
  saidOf,
  startDovecotAuth,
} from '../servers/dovecot-auth.js';
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

const LUA_23 = `
function script_init() return 0 end
function auth_passdb_lookup(req)
  local ok = dovecot.auth.PASSDB_RESULT_OK
  if req.user == 'ann' then return ok, 'password={PLAIN}pw host=192.0.2.1 proxy=y seen=' .. tostring(req.domain) end
  if req.username == 'tab' then
    return ok, { password = 'pw', number = 5, }
  end
  if req.user == 'bool' then return ok, { password = 'pw', yes = true } end
  if req.user == 'none' then return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, 'nobody' end
  if req.user == 'off' then return dovecot.auth.PASSDB_RESULT_USER_DISABLED, '' end
  if req.user == 'old' then return dovecot.auth.PASSDB_RESULT_PASS_EXPIRED, '' end
  if req.user == 'ill' then return dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE, 'the reason' end
  if req.user == 'miss' then return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, '' end
  if req.user == 'next' then return dovecot.auth.PASSDB_RESULT_NEXT, 'x=1' end
  if req.user == 'text' then return 'one', 'two' end
  if req.user == 'bad' then return ok, true end
  if req.user == 'empty' then return ok, 'host=1' end
  if req.user == 'any' then return ok, 'nopassword=y' end
  if req.user == 'both' then return ok, 'nopassword=y password=pw' end
  if req.user == 'expand' then return ok, 'password=pw x=' .. req:var_expand('%u-%{service}-%{nosuch}') end
  if req.user == 'error' then error('on purpose') end
  if req.user == 'template' then return ok, req:response_from_template('password=pw y=%u') end
  if req.user == 'log' then
    req:log_info('told')
    req:log_warning('warned')
    req:log_error('cried')
    dovecot.i_warning('all')
    return ok, 'password=pw passdb=' .. tostring(req.passdb.host) .. ' skip=' .. tostring(req.skip_password_check)
  end
  if req.user == 'verify' then return ok, 'password=pw v=' .. tostring(req:password_verify('{PLAIN}pw', 'pw')) end
  if req.user == 'flags' then return ok, 'password=pw f=' .. dovecot.set_flag(4, 3) .. '/' .. tostring(dovecot.has_flag(6, 2)) end
end
`;
const LUA_24 = LUA_23.replaceAll(
  "'password={PLAIN}pw host=192.0.2.1 proxy=y seen=' .. tostring(req.domain)",
  "{ password = '{PLAIN}pw', host = tostring(req.domain) }",
)
  .replaceAll("'host=1'", "{ host = '1' }")
  .replaceAll("'nopassword=y'", "{ nopassword = 'y' }")
  .replaceAll("'nopassword=y password=pw'", "{ nopassword = 'y', password = 'pw' }")
  .replaceAll(/ok, 'password=pw (\w+)=' \.\. (.*) end$/gm, "ok, { password = 'pw', $1 = $2 } end")
  .replaceAll(
    "'password=pw passdb=' .. tostring(req.passdb.host) .. ' skip=' .. tostring(req.skip_password_check)",
    "{ password = 'pw' }",
  )
  .replaceAll("'%u-%{service}-%{nosuch}'", "'%{user}-%{protocol}'")
  .replaceAll(
    "tostring(req:password_verify('{PLAIN}pw', 'pw'))",
    "tostring((req:password_verify('{PLAIN}pw', 'pw')))",
  );
const LUA_VERIFY = `
function auth_password_verify(req, password)
  if password == 'pw' then return dovecot.auth.PASSDB_RESULT_OK, { host = req.user } end
  if password == 'ill' then error('broken') end
  return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, ''
end
function auth_passdb_lookup(req) return dovecot.auth.PASSDB_RESULT_OK, { nopassword = 'y' } end
`;
const luaConfig = (version: AuthSetup['version']): string =>
  version === '2.3.19.1'
    ? 'passdb p1 {\n  driver = lua\n  args = file=@DIR@/x.lua\n}\n'
    : 'passdb p1 {\n  driver = lua\n  lua_file = @DIR@/x.lua\n}\n';

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
    lua: (version) => ({
      config: luaConfig(version),
      files: { 'x.lua': version === '2.3.19.1' ? LUA_23 : LUA_24 },
      users: [
        ...'ann tab bool none off old ill miss next text bad empty any both expand error template log verify flags nil'
          .split(' ')
          .map((user) => ({ user, password: 'pw' })),
        { user: 'ann', password: 'wrong' },
        { user: 'ann', password: null },
        { user: 'none', password: null },
      ],
    }),
    'lua that verifies': (version) => ({
      config: luaConfig(version),
      files: { 'x.lua': LUA_VERIFY },
      users: [
        { user: 'ann', password: 'pw' },
        { user: 'ann', password: 'wrong' },
        { user: 'ann', password: null },
      ],
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
              const ours = saidOf(await auth.ours(ask));
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
