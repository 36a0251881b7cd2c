import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

const COMMON_24 = 'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nmail_driver = maildir\n';

let folder: ReturnType<typeof folderWith>;
let conf: string;

beforeAll(() => {
  folder = folderWith({
    'proxy.conf': `protocols = imap
auth_master_user_separator = *
passdb denied {
  driver = passwd-file
  args = @DIR@/denied
  deny = yes
}
passdb bosses {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/bosses
  master = yes
  result_success = continue
}
passdb users {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/users
  default_fields = proxy=y proxy_timeout=20
  override_fields = destuser=%n
  result_success = continue-ok
}
passdb tls {
  driver = static
  args = starttls=any-cert port=1143
  skip = unauthenticated
}
`,
    denied: 'evil@example.com:\n',
    bosses: 'boss@example.com:bosspw\n',
    users: [
      'bob@example.com:secret::::::host=192.0.2.10 pass=backend',
      'ann@example.com:secret::::::host=mail2.example.com allow_nets=10.0.0.0/8',
      'ill@example.com:secret::::::host=%{nosuchvar}',
      'self@example.com:secret::::::host=192.0.2.1',
      'noport@example.com:secret::::::host=192.0.2.9 ssl=no',
      '',
    ].join('\n'),
    'refused.conf':
      'passdb {\n  driver = static\n  args = nopassword proxy host=192.0.2.3\n  skip = notfound\n}\n',
    'last-continue.conf': `${COMMON_24}passdb all {
  driver = static
  result_success = continue
  fields {
    nopassword = yes
    proxy = yes
    host = 192.0.2.3
  }
}
`,
    'loop.conf':
      'passdb loop {\n  driver = static\n  args = nopassword login_user=x\n  result_success = continue\n}\n',
    'open.conf': `passdb users {
  driver = passwd-file
  args = @DIR@/users
  result_failure = continue-ok
}
passdb where {
  driver = static
  args = proxy host=192.0.2.4
}
`,
    password: 'secret\n',
  });
  conf = join(folder.path, 'proxy.conf');
});

afterAll(() => folder.remove());

const simulate = (...args: string[]) => dvproxy(['simulate', '-c', conf, ...args]);
const inFolder = (text: string) => text.replaceAll(folder.path, '@DIR@');

describe('the explanation of one user', () => {
  test('says first where the user goes, then how each passdb came to it, then the destination', async () => {
    const { exit, stdout, stderr } = await simulate('bob@example.com');
    expect(stderr).toBe('');
    expect(
      inFolder(stdout),
    ).toBe(`bob@example.com: proxied to 192.0.2.10:1143 as bob (STARTTLS, any certificate)
imap PLAIN, password not given, Dovecot 2.3.19.1
names: bob@example.com -> bob (sent)

1. denied (passwd-file)  @DIR@/proxy.conf:3
   query    bob@example.com
            0 rows from passwd-file @DIR@/denied
   info     unknown user
   result   unknown user, result_failure = continue: goes on
2. bosses (passwd-file)  @DIR@/proxy.conf:8  not reached: master = yes: asked only when a master user logs in
3. users (passwd-file)  @DIR@/proxy.conf:14
   query    bob@example.com
            1 row from passwd-file @DIR@/users
   fields   proxy=y           default_fields at @DIR@/proxy.conf:17
            proxy_timeout=20  default_fields at @DIR@/proxy.conf:17
            host=192.0.2.10   passwd-file entry at @DIR@/users:1
            pass=***          passwd-file entry at @DIR@/users:1
            destuser=bob      override_fields at @DIR@/proxy.conf:18
   result   ok (password taken as right), result_success = continue-ok: goes on
4. tls (static)  @DIR@/proxy.conf:21
   fields   starttls=any-cert  args at @DIR@/proxy.conf:23
            port=1143          args at @DIR@/proxy.conf:23
   result   ok, result_success = return-ok: stops

Destination
   host     192.0.2.10
   port     1143  the port field
   TLS      STARTTLS, any certificate
   login    bob, the passdb's pass
   timeout  20 s  the proxy_timeout field

note: no password was given: it was taken as right wherever one is checked
`);
    expect(exit).toBe(0);
  });

  test('fits on a screen', async () => {
    const { stdout } = await simulate('bob@example.com');
    expect(stdout.split('\n').length).toBeLessThanOrEqual(40);
  });

  test('-v adds the whole answer and the log, -vv the debug log as well', async () => {
    const one = await simulate('bob@example.com', '-v');
    expect(one.stdout).toContain(
      'Answer of the auth process\n   user=bob@example.com\n   proxy  default_fields at',
    );
    expect(one.stdout).toContain('auth: Info: denied(bob@example.com): unknown user');
    expect(one.stdout).not.toContain('Debug:');
    const two = await simulate('bob@example.com', '-vv');
    expect(two.stdout).toContain('auth: Debug: users(bob@example.com): Performing passdb lookup');
  });

  test('--why tells the story of one field', async () => {
    const { stdout } = await simulate('bob@example.com', '--why', 'destuser');
    expect(
      inFolder(stdout),
    ).toBe(`bob@example.com: proxied to 192.0.2.10:1143 as bob (STARTTLS, any certificate)
destuser = bob, from override_fields at @DIR@/proxy.conf:18
3. users  @DIR@/proxy.conf:14
   bob  set  override_fields at @DIR@/proxy.conf:18
the proxy: login bob, the passdb's pass
`);
  });

  test('--why of a field that a failing passdb set says that it was dropped', async () => {
    const { stdout, exit } = await simulate('ann@example.com', '--why', 'host');
    expect(stdout).toContain('host is not in the answer');
    expect(stdout).toContain('dropped, because the passdb failed');
    expect(exit).toBe(1);
  });

  test('a field that counts by presence is pointed out when its value looks like off', async () => {
    const { stdout } = await simulate('noport@example.com');
    expect(stdout).toContain('note: ssl=no turns TLS on');
  });

  test('a mechanism that no client can use is pointed out', async () => {
    const { stdout } = await simulate('bob@example.com', '--mech', 'login');
    expect(stdout).toContain('note: LOGIN is not in auth_mechanisms: no client can use it');
  });

  test('a chain that lets anybody in is said loudly', async () => {
    const { stdout } = await dvproxy(['simulate', 'stranger', '-c', join(folder.path, 'open.conf')]);
    expect(stdout.split('\n')[1]).toBe(
      'FAIL OPEN: a wrong password is accepted as well, and so is an unknown user: ' +
        'result_failure = continue-ok of passdb users [DV303]',
    );
  });
});

describe('outcomes and exit codes', () => {
  const outcomeOf = async (...args: string[]) => {
    const { exit, stdout } = await simulate('--format', 'json', ...args);
    return { exit, outcome: JSON.parse(stdout).outcome };
  };

  test('a wrong password is fail_password and 1', async () => {
    expect(await outcomeOf('bob@example.com', '--password', 'wrong')).toEqual({
      exit: 1,
      outcome: 'fail_password',
    });
  });
  test('the right password from a file is ok_proxy and 0', async () => {
    const file = join(folder.path, 'password');
    expect(await outcomeOf('bob@example.com', '--password-file', file)).toEqual({
      exit: 0,
      outcome: 'ok_proxy',
    });
  });
  test('the password may come from standard input', async () => {
    const asked = ['simulate', '-c', conf, 'bob@example.com', '--password-stdin', '--format', 'json'];
    const { stdout } = await dvproxy(asked, 'secret\n');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'ok_proxy', password_assumed: false });
  });
  test('an unknown user is fail_unknown_user and 1', async () => {
    expect(await outcomeOf('nobody@example.com')).toEqual({ exit: 1, outcome: 'fail_unknown_user' });
  });
  test('LMTP looks up without a password, and goes to its own port', async () => {
    const { stdout } = await dvproxy([
      'simulate',
      'x',
      '-c',
      join(folder.path, 'open.conf'),
      '--service',
      'lmtp',
      '--format',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      destination: { protocol: 'lmtp', port: 24 },
      password_assumed: false,
    });
  });
  test('a user in a deny passdb is fail_disabled', async () => {
    expect(await outcomeOf('evil@example.com')).toEqual({ exit: 1, outcome: 'fail_disabled' });
  });
  test('an address outside allow_nets is fail_policy, one inside is let in', async () => {
    expect(await outcomeOf('ann@example.com', '--remote-ip', '192.0.2.7')).toEqual({
      exit: 1,
      outcome: 'fail_policy',
    });
    expect(await outcomeOf('ann@example.com', '--remote-ip', '10.1.2.3')).toEqual({
      exit: 0,
      outcome: 'ok_proxy',
    });
  });
  test('an entry that cannot be expanded is tempfail and 75', async () => {
    expect(await outcomeOf('ill@example.com')).toEqual({ exit: 75, outcome: 'tempfail' });
  });
  test('a destination that is the proxy itself is a loop', async () => {
    const at = ['--local-ip', '192.0.2.1', '--local-port', '1143'];
    const { stdout } = await simulate('--format', 'json', 'self@example.com', ...at);
    // The user name differs from what is sent on, so that it is no loop to Dovecot.
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'ok_proxy', destination: { user: 'self' } });
  });
  test('login_user without end is a loop, with what real Dovecot would do', async () => {
    const { exit, stdout } = await dvproxy([
      'simulate',
      'a',
      '-c',
      join(folder.path, 'loop.conf'),
      '--format',
      'json',
    ]);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'loop', notes: [{ code: 'crash' }] });
  });
  test('a master user logs in as somebody else', async () => {
    const { stdout } = await simulate('bob@example.com*boss@example.com', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'ok_proxy',
      names: { original_user: 'boss@example.com', user: 'bob@example.com', master_user: 'boss@example.com' },
      destination: { master: 'boss@example.com', user: 'bob' },
    });
    const other = await simulate('bob@example.com', '--master', 'boss@example.com', '--format', 'json');
    expect(JSON.parse(other.stdout)).toMatchObject({ names: { master_user: 'boss@example.com' } });
  });
  test('wrong usage is 2', async () => {
    expect((await simulate()).exit).toBe(2);
    expect((await simulate('bob', '--remote-ip', '300.1.2.3')).exit).toBe(2);
    expect((await simulate('bob', '--password', 'x', '--password-stdin')).exit).toBe(2);
    expect((await simulate('bob', '--fixture', '/nonexistent.sql')).stderr).toContain('cannot read fixture');
    expect((await dvproxy(['simulate', 'bob', '-c', '/nonexistent/dovecot.conf'])).exit).toBe(2);
    expect((await dvproxy(['simulate', 'bob', '-c', folder.path])).stderr).toContain('is a directory');
  });
});

describe('the JSON document', () => {
  test('has the members that scripts rely on', async () => {
    const { stdout } = await simulate('bob@example.com', '--format', 'json', '--remote-ip', '192.0.2.7');
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      schema: 1,
      dovecot: '2.3.19.1',
      user: 'bob@example.com',
      outcome: 'ok_proxy',
      authenticated: true,
      result: 'ok',
      fields: { user: 'bob@example.com', proxy: '', host: '192.0.2.10', pass: '***', destuser: 'bob' },
      destination: {
        protocol: 'imap',
        host: '192.0.2.10',
        ip: '192.0.2.10',
        port: 1143,
        tls: 'starttls',
        verify: false,
        user: 'bob',
        master: null,
        mechanism: null,
        timeout_ms: 20_000,
        source_ip: null,
      },
    });
    expect(document.steps).toHaveLength(4);
    expect(document.steps[0]).toMatchObject({
      index: 1,
      name: 'denied',
      driver: 'passwd-file',
      at: { file: conf, line: 3 },
      action: 'lookup',
      result: 'user_unknown',
      rule: 'continue',
      next: 'continue',
      queries: [{ text: 'bob@example.com', rows: 0 }],
    });
    expect(document.steps[1]).toMatchObject({
      name: 'bosses',
      action: 'not_reached',
      result: null,
      next: null,
    });
    // auth_verbose = no: Dovecot would log nothing; the steps tell it all the same.
    expect(document.log).toEqual([]);
    expect(document.steps[0].log).toContain('auth: Info: denied(bob@example.com,192.0.2.7): unknown user');
    expect(stdout).not.toContain('backend"');
  });

  test('--show-secrets shows passwords', async () => {
    const { stdout } = await simulate('bob@example.com', '--format', 'json', '--show-secrets');
    expect(JSON.parse(stdout).fields.pass).toBe('backend');
  });
});

describe('--format doveadm', () => {
  test('prints what doveadm auth test prints, with its exit code', async () => {
    const good = await simulate('bob@example.com', '--format', 'doveadm', '--password', 'secret');
    expect(good).toEqual({
      exit: 0,
      stderr: '',
      stdout: `passdb: bob@example.com auth succeeded
extra fields:
  user=bob@example.com
  proxy
  proxy_timeout=20
  host=192.0.2.10
  pass=backend
  destuser=bob
  starttls=any-cert
  port=1143
`,
    });
    const bad = await simulate('bob@example.com', '--format', 'doveadm', '--password', 'x');
    expect(bad).toEqual({
      exit: 77,
      stderr: '',
      stdout: 'passdb: bob@example.com auth failed\nextra fields:\n  user=bob@example.com\n',
    });
  });

  test('--lookup prints what doveadm auth lookup prints', async () => {
    const unknown = await simulate('nobody', '--lookup', '--format', 'doveadm');
    expect(unknown).toEqual({ exit: 67, stderr: '', stdout: "passdb lookup: user nobody doesn't exist\n" });
    const ill = await simulate('ill@example.com', '--lookup', '--format', 'doveadm');
    expect(ill.exit).toBe(75);
    expect(ill.stderr).toContain('Error: passdb lookup failed for ill@example.com\n');
  });
});

describe('a configuration that Dovecot refuses', () => {
  test('is refused first, in its words', async () => {
    const file = join(folder.path, 'refused.conf');
    const refused = await dvproxy(['simulate', 'bob', '-c', file]);
    expect(refused).toEqual({
      exit: 1,
      stdout: '',
      stderr:
        `doveconf: Fatal: Error in configuration file ${file} line 4: Invalid value: notfound\n` +
        'dvproxy: Dovecot refuses this configuration; --lenient goes on and says how it was read\n',
    });
    const json = await dvproxy(['simulate', 'bob', '-c', file, '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'fail_config', notes: [{ code: 'refused' }] });
  });

  test('is read with --lenient, and every output says how', async () => {
    const ask = (...args: string[]) =>
      dvproxy(['simulate', 'bob', '-c', join(folder.path, 'refused.conf'), '--lenient', ...args]);
    expect((await ask()).stdout).toMatch(/^lenient: .*skip.*never/);
    expect(JSON.parse((await ask('--format', 'json')).stdout).notes[0]).toMatchObject({ code: 'lenient' });
    const doveadm = await ask('--format', 'doveadm');
    expect(doveadm.stderr).toMatch(/^dvproxy: lenient: /);
    expect(doveadm.stdout).toContain('passdb: bob auth succeeded');
    expect((await ask('--why', 'host')).stdout).toContain('lenient: ');
  });

  test('is refused when the auth process would not start', async () => {
    const file = join(folder.path, 'last-continue.conf');
    const refused = await dvproxy(['simulate', 'bob', '-c', file]);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain("auth: Fatal: Last passdb can't have result_success=continue\n");
    const lenient = await dvproxy(['simulate', 'bob', '-c', file, '--lenient']);
    expect(lenient.stdout).toContain("lenient: auth: Fatal: Last passdb can't have result_success=continue");
  });
});
