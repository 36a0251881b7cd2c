import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import { type Dice, diceOf } from '../../auth/random-chain.js';
import { LDAP_SUFFIX } from '../../servers/openldap.js';
import {
  type ChainSet,
  ldapPassdb,
  type SetQuestion,
  type SqlEngine,
  type SqlPlace,
  setOf,
  sqlPassdb,
  type WrittenPassdb,
} from './chain-set.js';
import { ATTRIBUTES, LDAP_NAMES, NAMES, RANDOM_NAMES, TEXT_COLUMNS } from './people.js';

type List = readonly [string, ...string[]];

/** Names of fields that do something, and some that do nothing. */
const FIELDS: List = [
  'user',
  'username',
  'domain',
  'nopassword',
  'host',
  'hostip',
  'port',
  'proxy',
  'proxy_maybe',
  'ssl',
  'starttls',
  'destuser',
  'pass',
  'master',
  'nologin',
  'nodelay',
  'reason',
  'allow_nets',
  'fail',
  'delay_until',
  'userdb_home',
  'userdb_uid',
  'userdb_quota_rule',
  'userdb_user',
  'forward_x',
  'noauthenticate',
  'original_user',
  'auth_user',
  'anonymous',
  'a',
  'b',
  'c',
  'A',
];
const RULES: List = ['return', 'return-ok', 'return-fail', 'continue', 'continue-ok', 'continue-fail'];
const SCHEMES: List = ['PLAIN', 'PLAIN', 'PLAIN', 'SHA256', 'PLAIN-MD5', 'CRYPT', 'NOSUCH'];
const TEMPLATES: List = [
  'x=1',
  'a=9',
  'host=192.0.2.66',
  'destuser=%U',
  'd=%N',
  'proxy=y',
  'nopassword=y',
  'b=',
];

const COLUMNS: List = [
  ...TEXT_COLUMNS,
  ...TEXT_COLUMNS,
  'name',
  'port',
  'rate',
  'ratio',
  'seen',
  'flag',
  'active',
  'raw',
];
const BOTH: List = [
  "'y'",
  "''",
  'NULL',
  '1',
  '0',
  "'192.0.2.5'",
  "'%U'",
  "'%D'",
  "COALESCE(c1, 'none')",
  "NULLIF(c2, 'y')",
  "CASE WHEN c1 IS NULL THEN 'null' ELSE c2 END",
  "CASE WHEN active THEN 'y' END",
  'UPPER(c3)',
  'LENGTH(c3)',
  "REPLACE(c4, '@', '_')",
  'port + 1',
  'port * 2',
  'rate * 2',
  'SUBSTR(c3, 2)',
  'TRIM(c3)',
  '(SELECT host FROM domains WHERE domain = c4)',
  'MD5(name)',
  'c1 IS NOT NULL',
  'port > 100',
];
const OWN: Readonly<Record<SqlEngine, List>> = {
  mysql: [
    "IF(flag, 'y', 'n')",
    "IFNULL(c1, 'x')",
    "CONCAT(c1, '@', c2)",
    "CONCAT_WS(':', c1, c2, c3)",
    "SUBSTRING_INDEX(name, '@', 1)",
    "SUBSTRING_INDEX(name, '@', -1)",
    "c1 = 'Y'",
    "c1 REGEXP '^[0-9]'",
    "c4 LIKE '%%@%%'",
    'port / 3',
    'rate / 3',
    'ratio + 1',
    'LOWER(c1)',
    'DATE(seen)',
    "DATE_FORMAT(seen, '%%Y')",
    'CAST(port AS CHAR)',
    'CAST(c1 AS UNSIGNED)',
    'c1 + 0',
    'LEFT(c3, 3)',
    "FIND_IN_SET('y', c2)",
    'HEX(c1)',
    'ROUND(rate)',
  ],
  pgsql: [
    "c1 || '@' || c2",
    'concat(c1, c2, port)',
    "split_part(name, '@', 1)",
    "split_part(name, '@', 2)",
    "c1 = 'Y'",
    "c1 ~ '^[0-9]'",
    "c4 LIKE '%%@%%'",
    'port / 3',
    'rate / 3',
    'ratio + 1',
    'lower(c1)',
    'seen::date',
    'port::text',
    'flag::text',
    'rate::int',
    'left(c3, 3)',
    'c1 ILIKE c2',
    "position('@' in name)",
    'extract(year from seen)',
    "to_char(seen, 'YYYY-MM-DD')",
    'round(rate)',
    '(rate * 2)::int',
    "regexp_replace(name, '@.*$', '')",
  ],
};
const WHERE: List = [
  "name = '%U'",
  "name = '%U'",
  "name = '%U'",
  "name = '%U' AND active",
  "name = LOWER('%U')",
  "name = '%N'",
  "name = '%N' OR name = '%U' ORDER BY name LIMIT 1",
  "name IN ('%U', '%N') ORDER BY name DESC LIMIT 1",
  "name = '%U' AND c1 IS NOT NULL",
  "name = '%U' AND (c2 IS NULL OR c2 <> 'no')",
];

/** Not every `%%` is one for both versions. */
const percents = (version: DovecotVersion, text: string): string =>
  version === '2.3.19.1' ? text : text.replaceAll('%%', '%');

const quotedAlias = (engine: SqlEngine, alias: string): string =>
  engine === 'mysql' ? `\`${alias}\`` : `"${alias}"`;

function randomQuery(dice: Dice, version: DovecotVersion, engine: SqlEngine): string {
  const fields = Array.from({ length: dice.below(6) }, () => {
    const expression = dice.chance(45) ? dice.pick(COLUMNS) : dice.pick(dice.chance(50) ? BOTH : OWN[engine]);
    return `${expression} AS ${quotedAlias(engine, dice.pick(FIELDS))}`;
  });
  const password = dice.pick([
    'password',
    'password',
    'password',
    'password',
    "NULL AS password, 'y' AS nopassword",
    "'{PLAIN}pw' AS password",
    "COALESCE(password, 'pw') AS password",
    'password AS password_noscheme',
    'name AS x',
  ]);
  fields.splice(dice.below(fields.length + 1), 0, password);
  return percents(version, `SELECT ${fields.join(', ')} FROM users WHERE ${dice.pick(WHERE)}`);
}

function rules(dice: Dice, version: DovecotVersion, last: boolean): string[] {
  const lines: string[] = [];
  for (const result of ['success', 'failure', 'internalfail']) {
    if (dice.chance(last ? 75 : 40)) continue;
    const rule = dice.pick(RULES);
    // 2.4 does not start with it.
    if (version === '2.4.1' && last && result === 'success' && rule === 'continue') continue;
    lines.push(`result_${result} = ${rule}`);
  }
  return lines;
}

function changes(dice: Dice, version: DovecotVersion) {
  const words = (): string => Array.from({ length: 1 + dice.below(2) }, () => dice.pick(TEMPLATES)).join(' ');
  const both = { defaults: dice.chance(15) ? words() : null, overrides: dice.chance(15) ? words() : null };
  if (version === '2.4.1') return {};
  return {
    ...(both.defaults === null ? {} : { defaults: both.defaults }),
    ...(both.overrides === null ? {} : { overrides: both.overrides }),
  };
}

function questionsFor(dice: Dice, names: List): SetQuestion[] {
  const chosen = Array.from({ length: 8 }, () => dice.pick(names));
  return [
    ...chosen.map((user, index) => ({ user, password: index < 6 ? 'pw' : 'wrong' })),
    { user: dice.pick(names), password: null },
    { user: dice.pick(names), password: null },
  ];
}

/** One or two sql passdbs with any columns, rules and options. */
export function randomSqlSet(version: DovecotVersion, place: SqlPlace, seed: number): ChainSet {
  const dice = diceOf(seed);
  const count = dice.chance(70) ? 1 : 2;
  const passdbs: WrittenPassdb[] = [];
  for (let at = 1; at <= count; at += 1) {
    const query = randomQuery(dice, version, place.engine);
    const fields = dice.chance(30)
      ? ["z = %{sql:c1 | default('none')}", 'host = %{sql:host}', 'y = %U', 'a = 9'].filter(() =>
          dice.chance(40),
        )
      : [];
    passdbs.push(
      sqlPassdb(version, place, `r${seed}p${at}`, {
        query,
        scheme: dice.pick(SCHEMES),
        lines: rules(dice, version, at === count),
        ...changes(dice, version),
        ...(version === '2.4.1' && fields.length > 0 ? { fields } : {}),
      }),
    );
  }
  const questions = questionsFor(dice, [...RANDOM_NAMES, ...RANDOM_NAMES, ...NAMES] as unknown as List);
  return setOf(`random ${seed}`, passdbs, questions);
}

const PEOPLE = `ou=people,${LDAP_SUFFIX}`;
const FILTERS: List = [
  '(uid=%U)',
  '(uid=%U)',
  '(uid=%U)',
  '(cn=%U)',
  '(|(uid=%U)(mail=%U))',
  '(&(objectClass=inetOrgPerson)(uid=%N))',
  '(&(uid=%U)(!(st=no)))',
  '(&(uid=%U)(title=*))',
  '(mail=%U)',
  '(|(description=%U)(l=%N))',
];

/** `attr=field` and its like, and what 2.4 writes for about the same. */
function randomAttrs(dice: Dice, version: DovecotVersion): { attrs: string; fields: string[] } {
  const attrs: string[] = [];
  const fields = new Map<string, string>();
  const count = dice.below(5);
  for (let at = 0; at < count; at += 1) {
    const attribute = dice.pick(ATTRIBUTES);
    const field = dice.pick(FIELDS);
    const kind = dice.below(6);
    attrs.push(
      [
        `${attribute}=${field}`,
        `${attribute}=${field}`,
        `${attribute}=${field}=<%$>`,
        `=${field}=%{ldap:${attribute}:none}`,
        `=${field}=%{ldap:${attribute}}-%N`,
        `=${field}=y`,
      ][kind] ?? '',
    );
    fields.set(
      field,
      [
        `%{ldap:${attribute} | default('')}`,
        `%{ldap:${attribute}}`,
        `[%{ldap:${attribute} | default('-')}]`,
        `%{ldap:${attribute} | default('none')}`,
        `%{ldap:${attribute} | default('x') | upper}-%N`,
        `%{ldap_multi:${attribute} | default('y')}`,
      ][kind] ?? '',
    );
  }
  if (dice.chance(80)) {
    attrs.splice(dice.below(attrs.length + 1), 0, 'userPassword=password');
    fields.set('password', '%{ldap:userPassword}');
  } else if (dice.chance(60)) {
    attrs.push('=nopassword=y');
    fields.set('nopassword', 'y');
  }
  return {
    attrs: version === '2.3.19.1' ? attrs.join(',') : '',
    fields: [...fields].map(([name, value]) => `${name} = ${value}`),
  };
}

/** One or two ldap passdbs with any attributes, binds and rules. */
export function randomLdapSet(version: DovecotVersion, port: number, seed: number): ChainSet {
  const dice = diceOf(seed);
  const count = dice.chance(75) ? 1 : 2;
  const passdbs: WrittenPassdb[] = [];
  for (let at = 1; at <= count; at += 1) {
    const { attrs, fields } = randomAttrs(dice, version);
    const filter = dice.pick(FILTERS);
    const bind = dice.chance(35);
    const userdn = bind && dice.chance(40) ? `cn=%U,${PEOPLE}` : null;
    passdbs.push(
      ldapPassdb(version, port, `r${seed}p${at}`, {
        ext: [
          `base = ${PEOPLE}`,
          `pass_filter = ${filter}`,
          `pass_attrs = ${attrs}`,
          ...(bind ? ['auth_bind = yes'] : []),
          ...(userdn === null ? [] : [`auth_bind_userdn = ${userdn}`]),
        ],
        lines24: [
          `ldap_base = ${PEOPLE}`,
          `passdb_ldap_filter = ${filter}`,
          ...(bind ? ['passdb_ldap_bind = yes'] : []),
          ...(userdn === null ? [] : [`passdb_ldap_bind_userdn = ${userdn}`]),
        ],
        // Without a search 2.4 dies of %{ldap_multi}.
        fields: userdn === null ? fields : fields.filter((field) => !field.includes('ldap_multi')),
        lines: rules(dice, version, at === count),
        ...changes(dice, version),
      }),
    );
  }
  const questions = questionsFor(dice, [...RANDOM_NAMES, ...RANDOM_NAMES, ...LDAP_NAMES] as unknown as List);
  return setOf(`random ${seed}`, passdbs, questions);
}
