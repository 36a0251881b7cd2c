import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { dialogueWithDovecot, dialogueWithOurs } from './sasl-dialogue.js';
import { scripts } from './sasl-scripts.js';

const MECHANISMS =
  'plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer external anonymous';

const PASSWD = `bob:{PLAIN}pw::::::proxy=y host=127.0.0.2 a=1
ann@example.com:{PLAIN}pw::::::x=1
sha:{SHA256}MMlS+rEiw/l1nwKmbxbBsEtYcYt4eZ9A+Xw6SCkCvU4=::::::y=1
boss@other.example:{PLAIN}pw::::::
fail:{PLAIN}pw::::::fail=y z=1
kept:{SCRAM-SHA-256}4096,broken::::::
old:{CRAM-MD5}652f707b7195b2730073c116652e22f20ce28fe5e6e6ef664e5d7e2e6c2bce6a::::::
`;

function config(version: DovecotVersion): string {
  const listener = 'service auth {\n  unix_listener auth-client {\n    mode = 0666\n  }\n}\n';
  const passdb = (name: string, file: string, more = '') =>
    version === '2.3.19.1'
      ? `passdb ${name} {\n driver = passwd-file\n args = @DIR@/${file}\n${more}}\n`
      : `passdb ${name} {\n driver = passwd-file\n passwd_file_path = @DIR@/${file}\n${more}}\n`;
  return (
    `auth_mechanisms = ${MECHANISMS}\nauth_master_user_separator = *\nauth_realms = example.com other.example\n` +
    'auth_anonymous_username = guest\nauth_internal_failure_delay = 0\n'.replace(
      version === '2.3.19.1' ? /auth_internal.*\n/ : /$^/,
      '',
    ) +
    listener +
    (version === '2.4.1'
      ? 'oauth2 {\n  introspection_url = http://127.0.0.1:9/\n  introspection_mode = post\n}\n'
      : '') +
    passdb('m1', 'master', ' master = yes\n') +
    passdb('p1', 'users')
  );
}

describe.each(['2.3.19.1', '2.4.1'] as const)('SASL with the auth process of %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    console.log(`skipped: ${missing}`);
    if (process.env['CI'] === 'true') test('Dovecot is installed', () => expect(missing).toBeNull());
    return;
  }
  let server: DovecotAuth;
  beforeAll(() => {
    server = startDovecotAuth({
      version,
      config: config(version),
      files: { users: PASSWD, master: 'chief:{PLAIN}mpw::::::m=1\n' },
    });
  });
  afterAll(() => server.stop());

  test.each(scripts(version))('$name', async ({ script }) => {
    // A script may leave an exchange before its end.
    const logged = () =>
      server.requestLog().filter((line) => !/^auth: Error: .*disconnected with/.test(line));
    const before = logged().length;
    const real = await dialogueWithDovecot(server, script);
    const ours = await dialogueWithOurs(server, version, script);
    expect(ours.dialogue).toEqual(real);
    await expect.poll(() => logged().slice(before)).toEqual(ours.log);
  });
});
