import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import {
  type Ask,
  type AuthSetup,
  dovecotMissing,
  saidOf,
  startDovecotAuth,
} from '../servers/dovecot-auth.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  type OpenldapServer,
  openldapMissing,
  startOpenldap,
} from '../servers/openldap.js';

const person = (uid: string, more: readonly string[]): string =>
  [
    `dn: uid=${uid.replace(/[,+"\\<>;=]/g, '\\$&')},ou=people,${LDAP_SUFFIX}`,
    'objectClass: inetOrgPerson',
    'objectClass: posixAccount',
    `uid: ${uid}`,
    `cn: ${uid}`,
    'sn: x',
    'uidNumber: 1000',
    'gidNumber: 1000',
    'homeDirectory: /home/x',
    ...more,
    '',
  ].join('\n');

const LDIF = [
  `dn: ${LDAP_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
  `dn: ou=people,${LDAP_SUFFIX}\nobjectClass: organizationalUnit\nou: people\n`,
  `dn: ou=sites,${LDAP_SUFFIX}\nobjectClass: organizationalUnit\nou: sites\n`,
  `dn: l=north,ou=sites,${LDAP_SUFFIX}\nobjectClass: locality\nl: north\ndescription: 192.0.2.9\n`,
  person('ann', [
    'userPassword: {PLAIN}pw',
    'mail: ann@example.com',
    'mail: second@example.com',
    'l: 192.0.2.1',
    `seeAlso: l=north,ou=sites,${LDAP_SUFFIX}`,
    'description: mail',
  ]),
  person('bob', ['userPassword: {SSHA}e4DhHd+jvQ0SwEKiHoiFwQ+ztgqnnfaD', 'mail: bob@example.org']),
  person('nopw', ['mail: nopw@example.com']),
  person("o'neil (x) *", ['userPassword: {PLAIN}pw']),
  person('comma,name', ['userPassword: {PLAIN}pw']),
  person('twin', ['userPassword: {PLAIN}pw']),
  `dn: uid=twin,ou=sites,${LDAP_SUFFIX}\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: twin\nuserPassword: {PLAIN}pw\n`,
].join('\n');

const USERS: readonly Ask[] = [
  { user: 'ann', password: 'pw' },
  { user: 'ann', password: 'wrong' },
  { user: 'ann', password: '' },
  { user: 'ann@example.com', password: 'pw' },
  { user: 'nobody', password: 'pw' },
  { user: 'nopw', password: 'pw' },
  { user: "o'neil (x) *", password: 'pw' },
  { user: 'comma,name', password: 'pw' },
  { user: 'twin', password: 'pw' },
  { user: '*', password: 'pw' },
  { user: 'x)(uid=ann', password: 'pw' },
  { user: 'back\\slash', password: 'pw' },
  { user: 'zoë', password: 'pw' },
  { user: 'ann', password: null },
  { user: 'nobody', password: null },
];

/** By name: lines of the 2.3 file and of the 2.4 block. More of them are in live-chains/. */
const CASES: Readonly<
  Record<string, { readonly ext: string; readonly block: string; readonly users?: readonly Ask[] }>
> = {
  'password lookup': {
    ext: `pass_attrs = uid=user,userPassword=password,l=host,=proxy=y,=port=1143,mail=userdb_mail
pass_filter = (&(objectClass=inetOrgPerson)(uid=%n))
base = ${LDAP_SUFFIX}`,
    block: `ldap_base = ${LDAP_SUFFIX}
passdb_ldap_filter = (&(objectClass=inetOrgPerson)(uid=%{user | username}))
fields {
  user = %{ldap:uid}
  password = %{ldap:userPassword}
  host = %{ldap:l | default('none')}
  proxy = y
  port = 1143
}`,
  },
  templates: {
    ext: `pass_attrs = uid=user=%$@new.example, userPassword=password, =a=%{ldap:l}, =b=%{ldap:nosuch:none}, =c=%{ldap:mail}, l=d=x%$y, nosuch=e, nosuch=f=%$, =g=%d, =h=%u, mail=m, cn=prefix=z, =i=%{ldap_dn:}, =p=%{ldap_ptr:description}, !sn, =%n_x=1, =w=%w
pass_filter = (uid=%n)
base = ou=people,${LDAP_SUFFIX}`,
    block: `ldap_base = ou=people,${LDAP_SUFFIX}
passdb_ldap_filter = (uid=%{user | username})
fields {
  user = %{ldap:uid}@new.example
  password = %{ldap:userPassword}
  a = %{ldap:l | default('')}
  b = %{ldap:nosuch | default('none')}
  c = %{ldap:mail | default('')}
  dn = %{ldap:dn}
  multi = %{ldap_multi:mail | default('')}
  g = %{user | domain}
  h = %{user}
}`,
  },
  'names of other entries': {
    ext: `pass_attrs = uid=user,userPassword=password,@site=%{ldap:seeAlso},description@site=host,=k=<%{ldap:l@site:none}>
pass_filter = (uid=%u)
base = ou=people,${LDAP_SUFFIX}`,
    block: `ldap_base = ou=people,${LDAP_SUFFIX}
passdb_ldap_filter = (uid=%{user})
fields {
  nopassword = y
}`,
    users: [
      { user: 'ann', password: 'pw' },
      { user: 'bob', password: 'pw' },
    ],
  },
};

const missing = openldapMissing();
const required = process.env['CI'] === 'true';
if (missing !== null) console.log(`skipped: ${missing}`);

describe.skipIf(missing !== null && !required)('an LDAP passdb answers as real Dovecot does', () => {
  let server: OpenldapServer;

  beforeAll(async () => {
    server = await startOpenldap(LDIF);
  });
  afterAll(() => server?.remove());

  const setup = (
    version: DovecotVersion,
    { ext, block }: { ext: string; block: string },
    more = {},
  ): AuthSetup => {
    const { port, dn, password } = {
      port: server.port,
      dn: LDAP_ADMIN,
      password: LDAP_ADMIN_PASSWORD,
      ...more,
    };
    return version === '2.3.19.1'
      ? {
          version,
          config:
            'auth_username_chars =\npassdb p1 {\n  driver = ldap\n  args = @DIR@/ldap.ext\n  result_internalfail = return\n}\n',
          files: { 'ldap.ext': `hosts = 127.0.0.1:${port}\ndn = ${dn}\ndnpass = ${password}\n${ext}\n` },
        }
      : {
          version,
          config: `auth_username_chars =
ldap_uris = ldap://127.0.0.1:${port}
ldap_auth_dn = ${dn}
ldap_auth_dn_password = ${password}
passdb ldap {
${block}
}
`,
        };
  };

  for (const version of ['2.3.19.1', '2.4.1'] as const) {
    const noDovecot = dovecotMissing(version);
    if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
    describe.skipIf(noDovecot !== null && !required)(version, () => {
      const compare = async (given: AuthSetup, users: readonly Ask[]): Promise<void> => {
        const auth = startDovecotAuth(given);
        try {
          for (const ask of users) {
            const real = auth.real(ask);
            const ours = saidOf(await auth.ours(ask));
            // What the first connection of the auth process met is in the log as well; whether a request waits for
            // another connection depends on when it comes.
            const once = (log: readonly string[]) =>
              [...new Set(log)].filter((line) => !/: Aborting \(timeout\)/.test(line));
            expect.soft({ ask, ...ours, log: once(ours.log) }).toEqual({ ask, ...real, log: once(real.log) });
          }
        } finally {
          await auth.stop();
        }
      };

      for (const [name, each] of Object.entries(CASES))
        test(name, () => compare(setup(version, each), each.users ?? USERS));

      const [first] = Object.values(CASES);
      if (first !== undefined)
        test('the password of the directory is wrong', () =>
          compare(setup(version, first, { password: 'wrong' }), [{ user: 'ann', password: 'pw' }]));
      if (first !== undefined)
        test('nobody listens', () =>
          compare(setup(version, first, { port: 1 }), [{ user: 'ann', password: 'pw' }]));
    });
  }
});
