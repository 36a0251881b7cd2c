import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import { LDAP_SUFFIX } from '../../servers/openldap.js';
import {
  type ChainSet,
  filePassdb,
  type LdapPassdbWords,
  ldapPassdb,
  type SetQuestion,
  setOf,
} from './chain-set.js';
import { LDAP_NAMES } from './people.js';

const PEOPLE = `ou=people,${LDAP_SUFFIX}`;
const BASE = `base = ${PEOPLE}`;
const BASE_24 = `ldap_base = ${PEOPLE}`;
const FILTER = 'pass_filter = (uid=%U)';
const FILTER_24 = 'passdb_ldap_filter = (uid=%U)';

const QUESTIONS: readonly SetQuestion[] = [
  ...LDAP_NAMES.map((user) => ({ user, password: 'pw' })),
  { user: 'ann', password: 'wrong' },
  { user: 'ann', password: '' },
  { user: 'dan@b.org', password: 'other' },
  { user: '*', password: 'pw' },
  { user: 'x)(uid=ann', password: 'pw' },
  { user: 'ann', password: null },
  { user: 'nobody', password: null },
];
const FEW: readonly SetQuestion[] = [
  { user: 'ann', password: 'pw' },
  { user: 'ann', password: 'wrong' },
  { user: 'nobody', password: 'pw' },
  { user: 'ann', password: null },
];

interface Written extends LdapPassdbWords {
  readonly questions?: readonly SetQuestion[];
}

/** The usual search, with other attributes and fields. */
const search = (attrs: string, fields: readonly string[], more: Partial<Written> = {}): Written => ({
  ext: [BASE, FILTER, `pass_attrs = ${attrs}`],
  lines24: [BASE_24, FILTER_24],
  fields,
  ...more,
});

const CASES: Readonly<Record<string, Written>> = {
  'password alone': search('userPassword=password', ['password = %{ldap:userPassword}']),
  'name and password': search('uid=user,userPassword=password', [
    'user = %{ldap:uid}',
    'password = %{ldap:userPassword}',
  ]),
  'proxy fields': search('userPassword=password,l=host,st=proxy,=port=1143,=nodelay=y', [
    'password = %{ldap:userPassword}',
    "host = %{ldap:l | default('none')}",
    "proxy = %{ldap:st | default('y')}",
    'port = 1143',
    'nodelay = y',
  ]),
  'attributes that are not there': search('userPassword=password,l=host,st=a', [
    'password = %{ldap:userPassword}',
    'host = %{ldap:l}',
  ]),
  'several values': search('userPassword=password,mail=a,employeeType=b', [
    'password = %{ldap:userPassword}',
    "a = %{ldap:mail | default('')}",
    "b = %{ldap:employeeType | default('')}",
    "c = %{ldap_multi:mail | default('')}",
    "d = %{ldap_multi:employeeType:;:none | default('')}",
  ]),
  templates: search(
    'uid=user=%$@new.example, userPassword=password, l=a=<%$>, =b=%{ldap:st:none}, =c=%N-%D, title=d=%$ of %U, =e=%{ldap:nosuch}, =f=%{ldap_dn:}',
    [
      'user = %{ldap:uid}@new.example',
      'password = %{ldap:userPassword}',
      "a = [%{ldap:l | default('')}]",
      "b = %{ldap:st | default('none')}",
      'c = %N-%D',
      'f = %{ldap:dn}',
    ],
  ),
  'plain words beside the attributes': search('=password=pw,=x=y,=nologin=', [
    'password = pw',
    'x = y',
    'nologin =',
  ]),
  nopassword: search('=nopassword=y,=proxy=y,l=host', [
    'nopassword = y',
    'proxy = y',
    "host = %{ldap:l | default('')}",
  ]),
  'no password among the attributes': search('uid=user', ['user = %{ldap:uid}']),
  'userdb fields': search(
    'userPassword=password,homeDirectory=userdb_home,uidNumber=userdb_uid,gidNumber=userdb_gid',
    [
      'password = %{ldap:userPassword}',
      "userdb_home = %{ldap:homeDirectory | default('/none')}",
      "userdb_uid = %{ldap:uidNumber | default('5000')}",
    ],
  ),
  'a bind as the user who is found': {
    ext: [BASE, FILTER, 'auth_bind = yes', 'pass_attrs = uid=user,l=host,=proxy=y'],
    lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes'],
    fields: ['user = %{ldap:uid}', "host = %{ldap:l | default('')}", 'proxy = y'],
  },
  'a bind with a password among the attributes': {
    ext: [BASE, FILTER, 'auth_bind = yes', 'pass_attrs = uid=user,userPassword=password,st=a'],
    lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes'],
    fields: ['password = %{ldap:userPassword}', "a = %{ldap:st | default('')}"],
  },
  'a bind without a search': {
    ext: [BASE, FILTER, 'auth_bind = yes', `auth_bind_userdn = cn=%U,${PEOPLE}`, 'pass_attrs = l=host'],
    lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes', `passdb_ldap_bind_userdn = cn=%U,${PEOPLE}`],
    fields: ['proxy = y', 'host = 192.0.2.1'],
  },
  'a bind by a name that is none': {
    ext: [BASE, FILTER, 'auth_bind = yes', 'auth_bind_userdn = %U'],
    lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes', 'passdb_ldap_bind_userdn = %U'],
    fields: ['proxy = y'],
    questions: FEW,
  },
  'a bind in another tree': {
    ext: [BASE, FILTER, 'auth_bind = yes', 'auth_bind_userdn = cn=%U,dc=elsewhere'],
    lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes', 'passdb_ldap_bind_userdn = cn=%U,dc=elsewhere'],
    fields: [],
    questions: FEW,
  },
  'a bind with a field that cannot be expanded': {
    ext: [BASE, FILTER, 'auth_bind = yes', 'pass_attrs = uid=user,=x=%{nosuch}'],
    lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes'],
    fields: ['x = %{ldap:nosuch}'],
    questions: FEW,
  },
  'the local part': {
    ext: [BASE, 'pass_filter = (&(objectClass=inetOrgPerson)(uid=%N))', 'pass_attrs = userPassword=password'],
    lines24: [BASE_24, 'passdb_ldap_filter = (&(objectClass=inetOrgPerson)(uid=%N))'],
    fields: ['password = %{ldap:userPassword}'],
    questions: [...QUESTIONS, { user: 'ann@x.org', password: 'pw' }],
  },
  'a filter with variants': {
    ext: [
      BASE,
      'pass_filter = (|(mail=%U@example.com)(uid=%U*))',
      'pass_attrs = uid=user,userPassword=password',
    ],
    lines24: [BASE_24, 'passdb_ldap_filter = (|(mail=%U@example.com)(uid=%U*))'],
    fields: ['user = %{ldap:uid}', 'password = %{ldap:userPassword}'],
  },
  everybody: {
    ext: [BASE, 'pass_filter = (objectClass=*)', 'pass_attrs = userPassword=password'],
    lines24: [BASE_24, 'passdb_ldap_filter = (objectClass=*)'],
    fields: ["password = %{ldap:userPassword | default('pw')}"],
    questions: FEW,
  },
  'scope base': {
    ext: [
      `base = cn=%U,${PEOPLE}`,
      'scope = base',
      'pass_filter = (objectClass=*)',
      'pass_attrs = userPassword=password',
    ],
    lines24: [`ldap_base = cn=%U,${PEOPLE}`, 'ldap_scope = base', 'passdb_ldap_filter = (objectClass=*)'],
    fields: ['password = %{ldap:userPassword}'],
  },
  'scope onelevel': {
    ext: [`base = ${LDAP_SUFFIX}`, 'scope = onelevel', FILTER, 'pass_attrs = userPassword=password'],
    lines24: [`ldap_base = ${LDAP_SUFFIX}`, 'ldap_scope = onelevel', FILTER_24],
    fields: ['password = %{ldap:userPassword}'],
    questions: FEW,
  },
  'a base that is not there': {
    ext: [`base = ou=nosuch,${LDAP_SUFFIX}`, FILTER, 'pass_attrs = userPassword=password'],
    lines24: [`ldap_base = ou=nosuch,${LDAP_SUFFIX}`, FILTER_24],
    fields: ['password = %{ldap:userPassword}'],
    questions: FEW,
  },
  'a base that is no name': {
    ext: ['base = nonsense', FILTER],
    lines24: ['ldap_base = nonsense', FILTER_24],
    fields: ['password = %{ldap:userPassword}'],
    questions: FEW.slice(0, 1),
  },
  'a broken filter': {
    ext: [BASE, 'pass_filter = (uid=%U'],
    lines24: [BASE_24, 'passdb_ldap_filter = (uid=%U'],
    fields: ['password = %{ldap:userPassword}'],
    questions: FEW.slice(0, 1),
  },
  'text behind the filter': {
    ext: [BASE, 'pass_filter = (uid=%U)(uid=nobody)'],
    lines24: [BASE_24, 'passdb_ldap_filter = (uid=%U)(uid=nobody)'],
    fields: ['password = %{ldap:userPassword}'],
    questions: FEW.slice(0, 1),
  },
  'a filter without parentheses': {
    ext: [BASE, 'pass_filter = uid=%U'],
    lines24: [BASE_24, 'passdb_ldap_filter = uid=%U'],
    fields: ['password = %{ldap:userPassword}'],
    questions: [...FEW, { user: 'a)', password: 'pw' }],
  },
  'an unknown variable': {
    ext: [BASE, 'pass_filter = (uid=%{nosuch})'],
    lines24: [BASE_24, 'passdb_ldap_filter = (uid=%{nosuch})'],
    fields: ['password = %{ldap:userPassword}'],
    questions: FEW.slice(0, 1),
  },
  defaults: search('userPassword=password,l=host', ['password = %{ldap:userPassword}', 'host = 192.0.2.9'], {
    defaults: 'host=192.0.2.99 x=1',
  }),
  overridden: search('userPassword=password,l=host', ['password = %{ldap:userPassword}'], {
    overrides: 'host=192.0.2.99 b=%U',
  }),
  'names of attributes in other letters': search('USERPASSWORD=password,L=host,Mail=a', [
    'password = %{ldap:USERPASSWORD}',
    "host = %{ldap:L | default('')}",
    "a = %{ldap:MAIL | default('')}",
  ]),
  deny: {
    ext: [BASE, FILTER, 'pass_attrs = uid=user'],
    lines24: [BASE_24, FILTER_24],
    fields: ['user = %{ldap:uid}'],
    lines: ['deny = yes'],
  },
};

const SECOND = 'ann:{PLAIN}second::::::seen=second\nnobody:{PLAIN}pw::::::seen=second\n';

/** Sets written by hand. */
export function ldapSets(version: DovecotVersion, port: number): ChainSet[] {
  const sets = Object.entries(CASES).map(([name, words], index) =>
    setOf(name, [ldapPassdb(version, port, `h${index}`, words)], words.questions ?? QUESTIONS),
  );
  const id = (part: string): string => `h${sets.length}${part}`;
  const questions: readonly SetQuestion[] = [...QUESTIONS, { user: 'ann', password: 'second' }];
  for (const rule of ['continue', 'continue-ok'])
    sets.push(
      setOf(
        `first success ${rule}, then a file`,
        [
          ldapPassdb(version, port, id('a'), {
            ...search('userPassword=password,l=host', [
              'password = %{ldap:userPassword}',
              "host = %{ldap:l | default('')}",
            ]),
            lines: [`result_success = ${rule}`],
          }),
          filePassdb(version, id('b'), SECOND),
        ],
        questions,
      ),
    );
  sets.push(
    setOf(
      'a file, then a bind',
      [
        filePassdb(version, id('a'), SECOND),
        ldapPassdb(version, port, id('b'), {
          ext: [BASE, FILTER, 'auth_bind = yes', 'pass_attrs = l=host'],
          lines24: [BASE_24, FILTER_24, 'passdb_ldap_bind = yes'],
          fields: ["host = %{ldap:l | default('')}"],
        }),
      ],
      questions,
    ),
  );
  return sets;
}
