import type { Dice } from '../../auth/random-chain.js';
import { LDAP_SUFFIX } from '../../servers/openldap.js';

/** Values of text columns: what matters to fields, and what only looks so. */
const TEXTS: readonly [string | null, ...(string | null)[]] = [
  null,
  null,
  '',
  'y',
  'Y',
  'yes',
  'n',
  'no',
  '0',
  '1',
  'true',
  'false',
  '192.0.2.1',
  '10.0.0.0/8',
  '::1',
  'backend.example',
  'two words',
  ' x ',
  'x ',
  'tab\there',
  'line\nbreak',
  'a=b',
  'zoë',
  '%u',
  '%{user}',
  '{PLAIN}pw',
  'ann',
  'bob@a.org',
  '143',
  '1143',
  'any-cert',
  "o'neil",
  'back\\slash',
  '"quoted"',
  '@',
  'x@',
];
const PASSWORDS: readonly [string | null, ...(string | null)[]] = [
  '{PLAIN}pw',
  '{PLAIN}pw',
  '{PLAIN}pw',
  'pw',
  'pw',
  '{PLAIN}other',
  '{SHA256}MMlS+rEiw/l1nwKm2Vw3WLJGtP7iOZV7LU/uRuJhcMQ=',
  '{PLAIN-MD5}8fe4c11451281c094a6578e6ddbf5eed',
  '{SSHA}e4DhHd+jvQ0SwEKiHoiFwQ+ztgqnnfaD',
  '{NOSUCH}pw',
  '{SHA256}x',
  '',
  null,
  '{PLAIN}',
];

export interface Person {
  readonly name: string;
  readonly password: string | null;
  readonly texts: readonly (string | null)[];
  readonly port: number | null;
  readonly rate: string | null;
  readonly seen: string | null;
  readonly ratio: string | null;
  readonly flag: boolean | null;
  readonly active: boolean;
}

export const TEXT_COLUMNS = ['c1', 'c2', 'c3', 'c4', 'c5'] as const;

const person = (name: string, password: string | null, more: Partial<Person> = {}): Person => ({
  name,
  password,
  texts: [null, null, null, null, null],
  port: null,
  rate: null,
  seen: null,
  ratio: null,
  flag: null,
  active: true,
  ...more,
});

/** Those that the sets by hand know. */
const KNOWN: readonly Person[] = [
  person('ann', '{PLAIN}pw', {
    texts: ['192.0.2.1', 'y', 'extra', 'ann@new.example', '10.0.0.0/8'],
    port: 1143,
    rate: '1.50',
    seen: '2026-01-02 03:04:05',
    ratio: '0.1',
    flag: true,
  }),
  person('bob', '{SHA256}MMlS+rEiw/l1nwKm2Vw3WLJGtP7iOZV7LU/uRuJhcMQ=', {
    texts: ['', '', '', '', ''],
    port: 0,
    rate: '0.00',
    ratio: '1e20',
    flag: false,
    active: false,
  }),
  person('nul', null),
  person('empty', ''),
  person('carl@a.org', 'pw', { texts: ['192.0.2.3', 'no', 'two words', 'carl', ''], port: 143, flag: true }),
  person('dan@b.org', '{PLAIN}other', { texts: [null, 'N', 'a=b', 'eve@', '::1'], port: -1, flag: null }),
  person("o'neil", '{PLAIN}pw', { texts: [' x ', '0', "it's", 'back\\slash', '"'] }),
  person('zoë', '{PLAIN}pw', { texts: ['é', 'tab\there', 'line\nbreak', '%u', '%{user}'] }),
];

export const NAMES = [...KNOWN.map(({ name }) => name), 'nobody'] as const;

/** People of whom little is known. */
export function people(dice: Dice): Person[] {
  const rest = Array.from({ length: 24 }, (_, index) =>
    person(index % 3 === 0 ? `r${index}@a.org` : `r${index}`, dice.pick(PASSWORDS), {
      texts: TEXT_COLUMNS.map(() => dice.pick(TEXTS)),
      port: dice.pick([null, 0, 143, 993, 70_000]),
      rate: dice.pick([null, '0.00', '12.50', '-3.10', '9999.99']),
      seen: dice.pick([null, '1999-12-31 23:59:59', '2026-11-21 00:00:00']),
      ratio: dice.pick([null, '0', '0.5', '1e-7', '123456.789', '1e15']),
      flag: dice.pick([null, true, false]),
      active: dice.chance(70),
    }),
  );
  return [...KNOWN, ...rest];
}

export const RANDOM_NAMES = Array.from({ length: 24 }, (_, index) =>
  index % 3 === 0 ? `r${index}@a.org` : `r${index}`,
);

function quoted(engine: 'mysql' | 'pgsql', text: string | null): string {
  if (text === null) return 'NULL';
  const doubled = text.replaceAll("'", "''");
  return `'${engine === 'mysql' ? doubled.replaceAll('\\', '\\\\') : doubled}'`;
}

/** A dump for the server and for a fixture. */
export function dumpOf(engine: 'mysql' | 'pgsql', all: readonly Person[]): string {
  const types =
    engine === 'mysql'
      ? 'port INT, rate DECIMAL(6,2), seen DATETIME, ratio DOUBLE, flag TINYINT(1), active TINYINT(1) NOT NULL, raw VARBINARY(20)'
      : 'port integer, rate numeric(6,2), seen timestamp, ratio double precision, flag boolean, active boolean NOT NULL, raw bytea';
  const truth = (flag: boolean | null): string =>
    flag === null ? 'NULL' : engine === 'mysql' ? (flag ? '1' : '0') : String(flag);
  const raw = engine === 'mysql' ? "X'61ff0062'" : "'\\x61ff0062'";
  const rows = all.map((one, index) =>
    [
      quoted(engine, one.name),
      quoted(engine, one.password),
      ...one.texts.map((text) => quoted(engine, text)),
      one.port ?? 'NULL',
      one.rate ?? 'NULL',
      quoted(engine, one.seen),
      one.ratio ?? 'NULL',
      truth(one.flag),
      truth(one.active),
      index % 4 === 0 ? raw : 'NULL',
    ].join(', '),
  );
  const charset = engine === 'mysql' ? ' DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci' : '';
  const texts = TEXT_COLUMNS.map((column) => `${column} varchar(60)`).join(', ');
  return `CREATE TABLE users (name varchar(60) PRIMARY KEY, password text, ${texts}, ${types})${charset};
INSERT INTO users VALUES
${rows.map((row) => `  (${row})`).join(',\n')};
CREATE TABLE twice (name varchar(60), password text, host varchar(60))${charset};
INSERT INTO twice VALUES ('ann', '{PLAIN}pw', '192.0.2.1'), ('ann', '{PLAIN}pw', '192.0.2.2'), ('bob', '{PLAIN}pw', NULL);
CREATE TABLE domains (domain varchar(60) PRIMARY KEY, host varchar(60), port integer)${charset};
INSERT INTO domains VALUES ('a.org', '192.0.2.50', 143), ('b.org', '', NULL);
`;
}

const ATTRIBUTES = [
  'description',
  'street',
  'title',
  'employeeType',
  'l',
  'st',
  'mail',
  'telephoneNumber',
] as const;
const ATTRIBUTE_VALUES: readonly [string, ...string[]] = [
  'y',
  'Y',
  'no',
  '0',
  '1',
  '192.0.2.7',
  '10.0.0.0/8',
  'two words',
  ' x ',
  'a=b',
  'zoë',
  '%u',
  '%{user}',
  'ann',
  'bob@a.org',
  '143',
  'any-cert',
  'back\\slash',
  'a,b',
  'title',
];
const LDAP_PASSWORDS: readonly [string, ...string[]] = [
  '{PLAIN}pw',
  '{PLAIN}pw',
  'pw',
  'pw',
  '{SSHA}e4DhHd+jvQ0SwEKiHoiFwQ+ztgqnnfaD',
  '{NOSUCH}pw',
  '{PLAIN}other',
  'other',
];

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

function entry(uid: string, lines: readonly string[]): string {
  return [
    `dn: cn=${uid},ou=people,${LDAP_SUFFIX}`,
    'objectClass: inetOrgPerson',
    'objectClass: extensibleObject',
    `cn: ${uid}`,
    `uid: ${uid}`,
    'sn: x',
    ...lines,
    '',
  ].join('\n');
}

/** People of a directory. */
export function directoryOf(dice: Dice): string {
  const known = [
    entry('ann', [
      'userPassword: pw',
      'mail: ann@example.com',
      'mail: second@example.com',
      'l: 192.0.2.1',
      'st: y',
      'title: extra',
      'description: mail',
      `seeAlso: ou=people,${LDAP_SUFFIX}`,
      'uidNumber: 1001',
      'gidNumber: 100',
      'homeDirectory: /home/ann',
    ]),
    entry('bob', ['userPassword: {SSHA}e4DhHd+jvQ0SwEKiHoiFwQ+ztgqnnfaD', 'l: 192.0.2.2', 'st: no']),
    entry('nul', ['mail: nul@example.com']),
    entry('carl@a.org', ['userPassword: pw', 'title: two words', `street:: ${base64('zoë')}`]),
    entry('dan@b.org', [
      'userPassword: {PLAIN}pw',
      'userPassword: other',
      'employeeType: a',
      'employeeType: b',
    ]),
    entry("o'neil", ['userPassword: pw', `description:: ${base64(' x ')}`]),
    `dn: cn=twin,ou=people,${LDAP_SUFFIX}\nobjectClass: inetOrgPerson\ncn: twin\nsn: x\nuid: twin\nuserPassword: pw\n`,
    `dn: cn=twin2,ou=people,${LDAP_SUFFIX}\nobjectClass: inetOrgPerson\ncn: twin2\nsn: x\nuid: twin\nuserPassword: pw\n`,
  ];
  const random = RANDOM_NAMES.map((name) => {
    const lines = dice.chance(85) ? [`userPassword: ${dice.pick(LDAP_PASSWORDS)}`] : [];
    for (const attribute of ATTRIBUTES) {
      if (dice.chance(45)) continue;
      const values = new Set([dice.pick(ATTRIBUTE_VALUES)]);
      if (dice.chance(20)) values.add(dice.pick(ATTRIBUTE_VALUES));
      const usable = [...values].filter(
        (value) =>
          (attribute !== 'telephoneNumber' || /^[0-9]+$/.test(value)) &&
          (attribute !== 'mail' || value !== 'zoë'),
      );
      lines.push(...usable.map((value) => `${attribute}:: ${base64(value)}`));
    }
    return entry(name, lines);
  });
  return [
    `dn: ${LDAP_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
    `dn: ou=people,${LDAP_SUFFIX}\nobjectClass: organizationalUnit\nou: people\ndescription: the people\n`,
    ...known,
    ...random,
  ].join('\n');
}

export const LDAP_NAMES = [
  'ann',
  'bob',
  'nul',
  'carl@a.org',
  'dan@b.org',
  "o'neil",
  'twin',
  'nobody',
] as const;
export { ATTRIBUTES };
