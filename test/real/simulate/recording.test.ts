import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dvproxy } from '../../simulate/command-line.js';
import { mariadbMissing, startMariadb } from '../servers/mariadb.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  openldapMissing,
  startOpenldap,
} from '../servers/openldap.js';
import { postgresqlMissing, startPostgresql } from '../servers/postgresql.js';

const required = process.env['CI'] === 'true';
const folder = mkdtempSync(join(tmpdir(), 'dvproxy-recording-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const USERS = 'ann\nbob\nnobody\nzoë\n';
const PASSWORDS = [[], ['--password', 'annsecret'], ['--password', 'wrongsecret'], ['--lookup']];

interface Setup {
  readonly conf: string;
  readonly ext?: string;
}

/** Asks while the database runs, ends it, and asks the recording. */
async function roundTrip(
  name: string,
  setups: readonly Setup[],
  plan: RegExp | null,
  stop: () => Promise<void>,
): Promise<void> {
  const answers: { readonly args: string[]; readonly fixture: string; readonly before: string }[] = [];
  for (const [at, { conf, ext }] of setups.entries()) {
    const path = join(folder, `${name}-${at}.conf`);
    if (ext !== undefined) writeFileSync(`${path}.ext`, ext, { mode: 0o600 });
    writeFileSync(path, conf.replaceAll('@EXT@', `${path}.ext`));
    for (const [turn, password] of PASSWORDS.entries()) {
      const out = join(folder, `${name}-${at}-${turn}`);
      const args = ['simulate', '-c', path, '--users', '-', '--format', 'json', ...password];
      const { stdout, stderr } = await dvproxy([...args, '--record', out], USERS);
      expect(stdout, stderr).not.toContain('"tempfail"');
      expect(stdout).toContain(password.includes('wrongsecret') ? '"fail_password"' : '"ok_proxy"');
      answers.push({ args, fixture: join(out, 'recording.yaml'), before: stdout });
    }
  }
  if (plan !== null) {
    const asked = ['simulate', 'ann', '-c', join(folder, `${name}-0.conf`), '--explain'];
    expect((await dvproxy(asked)).stdout).toMatch(plan);
  }
  await stop();
  const normal = (text: string) =>
    text.replaceAll('recording of ', '').replaceAll(/\{(?:PLAIN|PBKDF2)\}[^"]*/g, '{HASH}');
  for (const { args, fixture, before } of answers) {
    expect(readFileSync(fixture, 'utf8')).not.toMatch(/secret/);
    const { stdout } = await dvproxy([...args, '--fixture', fixture], USERS);
    expect(normal(stdout)).toBe(normal(before));
  }
}

const PEOPLE = `CREATE TABLE people (name VARCHAR(40) PRIMARY KEY, password TEXT, host VARCHAR(40), pass TEXT);
INSERT INTO people VALUES ('ann', '{PLAIN}annsecret', '192.0.2.1', 'backendsecret'), ('bob', '{PLAIN}bobsecret', '192.0.2.2', NULL),
  ('zoë', '{PLAIN}annsecret', '192.0.2.3', NULL);`;
const QUERY = "SELECT password, host, pass, 'y' AS proxy FROM people WHERE name = ";

const NEW = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\nmail_driver = maildir\n';
const OLD = (driver: string) => `passdb {\n  driver = ${driver}\n  args = @EXT@\n}\n`;
const CHARACTERS = 'auth_username_chars =\n';

describe('what real databases answered is answered by the recording', () => {
  const noMariadb = mariadbMissing();
  if (noMariadb !== null) console.log(`skipped: ${noMariadb}`);
  test.skipIf(noMariadb !== null && !required)('MariaDB', async () => {
    const server = await startMariadb();
    try {
      server.sql('CREATE DATABASE mail;');
      server.sql(`${PEOPLE}\nGRANT SELECT ON mail.* TO 'plain'@'%' IDENTIFIED BY 'dbpw';`, 'mail');
      const setups = [
        {
          conf: CHARACTERS + OLD('sql'),
          ext: `driver = mysql\nconnect = host=127.0.0.1 port=${server.port} dbname=mail user=plain password=dbpw\npassword_query = ${QUERY}'%u'\n`,
        },
        {
          conf: `${NEW}${CHARACTERS}sql_driver = mysql\nmysql 127.0.0.1 {\n  port = ${server.port}\n  user = plain\n  password = dbpw\n  dbname = mail\n}\npassdb sql {\n  query = ${QUERY}'%{user}'\n}\n`,
        },
      ];
      await roundTrip('mariadb', setups, /plan +table=people type=const .*key=PRIMARY .*rows=1/, () =>
        server.stop(),
      );
    } finally {
      await server.remove();
    }
  });

  const noPostgresql = postgresqlMissing();
  if (noPostgresql !== null) console.log(`skipped: ${noPostgresql}`);
  test.skipIf(noPostgresql !== null && !required)('PostgreSQL', async () => {
    const server = await startPostgresql();
    try {
      server.sql('CREATE DATABASE mail;');
      server.sql(`${PEOPLE}\nGRANT SELECT ON people TO ${server.user};`, 'mail');
      const ext = `driver = pgsql\nconnect = host=127.0.0.1 port=${server.port} dbname=mail user=${server.user} password=${server.password}\npassword_query = ${QUERY}'%u'\n`;
      await roundTrip(
        'postgresql',
        [{ conf: CHARACTERS + OLD('sql'), ext }],
        /plan +(?:Index|Seq|Bitmap).* on people/,
        () => server.stop(),
      );
    } finally {
      await server.remove();
    }
  });

  const noOpenldap = openldapMissing();
  if (noOpenldap !== null) console.log(`skipped: ${noOpenldap}`);
  test.skipIf(noOpenldap !== null && !required)('OpenLDAP, by password and by bind', async () => {
    const person = (uid: string, password: string) =>
      `dn: uid=${uid},${LDAP_SUFFIX}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: x\nl: 192.0.2.1\nmail: ${uid}@one.example\nmail: ${uid}@two.example\nuserPassword: ${password}\n`;
    const server = await startOpenldap(
      [
        `dn: ${LDAP_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
        person('ann', 'annsecret'),
        person('bob', 'bobsecret'),
      ].join('\n'),
    );
    try {
      const hosts = `hosts = 127.0.0.1:${server.port}\ndn = ${LDAP_ADMIN}\ndnpass = ${LDAP_ADMIN_PASSWORD}\nbase = ${LDAP_SUFFIX}\npass_filter = (uid=%u)\n`;
      const fields =
        'fields {\n    proxy = y\n    host = %{ldap:l}\n    destuser = %{ldap:uid}\n    mails = %{ldap_multi:mail}\n';
      const setups = [
        {
          conf: CHARACTERS + OLD('ldap'),
          ext: `${hosts}pass_attrs = uid=user,userPassword=password,l=host,=proxy=y\ndefault_pass_scheme = PLAIN\n`,
        },
        {
          conf: `${NEW}${CHARACTERS}ldap_uris = ldap://127.0.0.1:${server.port}\nldap_auth_dn = ${LDAP_ADMIN}\nldap_auth_dn_password = ${LDAP_ADMIN_PASSWORD}\nldap_base = ${LDAP_SUFFIX}\npassdb ldap {\n  passdb_ldap_filter = (uid=%{user})\n  default_password_scheme = PLAIN\n  ${fields}    password = %{ldap:userPassword}\n  }\n}\n`,
        },
      ];
      await roundTrip('openldap', setups, null, () => server.stop());
    } finally {
      await server.remove();
    }
  });
});
