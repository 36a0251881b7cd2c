import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import {
  type ChainSet,
  filePassdb,
  type SetQuestion,
  type SqlPassdbWords,
  type SqlPlace,
  setOf,
  sqlPassdb,
} from './chain-set.js';
import { NAMES } from './people.js';

const FROM = "FROM users WHERE name = '%U'";

const QUESTIONS: readonly SetQuestion[] = [
  ...NAMES.map((user) => ({ user, password: 'pw' })),
  { user: 'ann', password: 'wrong' },
  { user: 'carl@a.org', password: '' },
  { user: 'ANN', password: 'pw' },
  { user: "x' OR '1'='1", password: 'pw' },
  { user: 'ann', password: null },
  { user: 'bob', password: null },
  { user: 'nul', password: null },
  { user: 'nobody', password: null },
];
const FEW: readonly SetQuestion[] = [
  { user: 'ann', password: 'pw' },
  { user: 'ann', password: 'wrong' },
  { user: 'bob', password: 'pw' },
  { user: 'nobody', password: 'pw' },
  { user: 'ann', password: null },
];

interface Written extends SqlPassdbWords {
  readonly questions?: readonly SetQuestion[];
  /** The server refuses the statement. */
  readonly refused?: boolean;
}

/** Queries that both servers understand. */
const BOTH: Readonly<Record<string, Written>> = {
  'password alone': { query: `SELECT password ${FROM}` },
  'name and password': { query: `SELECT name AS user, password ${FROM}` },
  'text columns': { query: `SELECT password, c1, c2, c3, c4, c5 ${FROM}` },
  'proxy fields': {
    query: `SELECT password, c1 AS host, c2 AS proxy, c4 AS destuser, port, 'y' AS nodelay ${FROM}`,
  },
  'proxy without a password': {
    query: `SELECT NULL AS password, 'Y' AS nopassword, c1 AS host, 'Y' AS proxy ${FROM}`,
  },
  'nopassword by a column': { query: `SELECT password, c2 AS nopassword ${FROM}` },
  'nopassword before the password': { query: `SELECT c2 AS nopassword, password ${FROM}` },
  'no password at all': { query: `SELECT NULL AS password ${FROM}`, questions: FEW },
  'an empty password': { query: `SELECT '' AS password ${FROM}`, questions: FEW },
  'no password column': { query: `SELECT name AS user ${FROM}`, questions: FEW },
  'rows of the same user': {
    query: "SELECT password, host FROM twice WHERE name = '%U'",
    questions: FEW,
  },
  'LIMIT 1': { query: "SELECT password, 'a' AS a FROM twice WHERE name = '%U' LIMIT 1", questions: FEW },
  'the same column twice': {
    query: `SELECT password, c1 AS host, '192.0.2.9' AS host, c3 AS a, c4 AS a ${FROM}`,
  },
  'password twice': { query: `SELECT password, 'zz' AS password ${FROM}`, questions: FEW },
  'user and domain': { query: `SELECT 'x' AS username, 'y.org' AS domain, password ${FROM}` },
  'domain alone': { query: `SELECT password, c4 AS domain ${FROM}` },
  'a name from a column': { query: `SELECT c4 AS user, password, '%U' AS was ${FROM}` },
  'userdb fields': {
    query: `SELECT password, c1 AS userdb_home, c2 AS userdb_mail, port AS userdb_uid, 'x' AS userdb_quota_rule ${FROM}`,
  },
  networks: { query: `SELECT password, c5 AS allow_nets ${FROM}` },
  'fields of the login': {
    query: `SELECT password, c2 AS nologin, c3 AS reason, c2 AS nodelay, c2 AS fail ${FROM}`,
  },
  'forwarded fields': { query: `SELECT password, c3 AS forward_x, c2 AS forward_y ${FROM}` },
  'upper-case names of columns': {
    query: `SELECT password AS "password", c1 AS "Host", c3 AS "A b" ${FROM}`,
  },
  numbers: {
    query: `SELECT password, port, rate, ratio, 1 AS one, 1.5 AS half, -0.25 AS less, 10.0 AS ten ${FROM}`,
  },
  times: { query: `SELECT password, seen ${FROM}` },
  truth: { query: `SELECT password, flag, active, flag AS proxy_maybe, active AS nodelay ${FROM}` },
  bytes: { query: `SELECT password, raw, raw AS host ${FROM}`, questions: FEW },
  'only active ones': { query: `SELECT password ${FROM} AND active`, questions: QUESTIONS },
  'a CASE': {
    query: `SELECT password, CASE WHEN c2 = 'y' THEN 'yes' WHEN c2 = 'no' THEN NULL ELSE '' END AS starttls, CASE c1 WHEN '' THEN 'none' ELSE c1 END AS host ${FROM}`,
  },
  COALESCE: {
    query: `SELECT COALESCE(password, '{PLAIN}pw') AS password, COALESCE(c1, c2, 'x') AS host ${FROM}`,
  },
  'a join': {
    query:
      "SELECT u.password, d.host, d.port, 'y' AS proxy FROM users u LEFT JOIN domains d ON d.domain = '%D' WHERE u.name = '%U'",
  },
  'a sub-select': {
    query: `SELECT password, (SELECT host FROM domains WHERE domain = '%D') AS host ${FROM}`,
  },
  'a union': {
    query: `SELECT password, c1 AS host ${FROM} UNION ALL SELECT '{PLAIN}pw', '192.0.2.77' FROM domains WHERE domain = '%D'`,
  },
  'the local part': {
    query: "SELECT name AS user, password FROM users WHERE name LIKE '%N@%'".replace('@%', '@a.org'),
  },
  'the password in the query': {
    query: `SELECT NULL AS password, 'y' AS nopassword, '%W' AS given ${FROM} AND '%W' <> 'wrong'`,
  },
  'an unknown column': {
    refused: true,
    query: `SELECT password, nosuch ${FROM}`,
    questions: FEW.slice(0, 2),
  },
  'an unknown table': {
    refused: true,
    query: "SELECT password FROM nosuch WHERE name = '%U'",
    questions: FEW.slice(0, 1),
  },
  'a syntax error': { refused: true, query: `SELECT password ${FROM} AND`, questions: FEW.slice(0, 1) },
  'two statements': { query: `SELECT password ${FROM}; SELECT 1`, questions: FEW.slice(0, 1) },
  'a quote too few': {
    refused: true,
    query: "SELECT password FROM users WHERE name = '%U",
    questions: FEW.slice(0, 1),
  },
  'no quotes around the name': {
    refused: true,
    query: 'SELECT password FROM users WHERE name = %U',
    questions: FEW.slice(0, 2),
  },
  'another scheme': { query: `SELECT password ${FROM}`, scheme: 'SHA256' },
  'an unknown scheme': { query: `SELECT password ${FROM}`, scheme: 'NOSUCH', questions: FEW },
  'MD5 without a scheme': {
    query: `SELECT '8fe4c11451281c094a6578e6ddbf5eed' AS password ${FROM}`,
    scheme: 'PLAIN-MD5',
    questions: FEW,
  },
  password_noscheme: { query: `SELECT password AS password_noscheme ${FROM}` },
  'both kinds of password': {
    query: `SELECT password AS password_noscheme, 'zz' AS password ${FROM}`,
    questions: FEW,
  },
  'a column without a value and a default': {
    query: `SELECT password, c1 AS host, c2 AS proxy ${FROM}`,
    defaults: 'host=192.0.2.99 x=1 proxy=y',
    fields: ['host:default = 192.0.2.99', 'x = 1'],
  },
  overridden: {
    query: `SELECT password, c1 AS host, c3 AS a ${FROM}`,
    overrides: 'host=192.0.2.99 b=%U',
    fields: ['host = 192.0.2.99', 'b = %U'],
  },
  'fields from columns': {
    query: `SELECT password, c1, c3 ${FROM}`,
    fields: ['host = %{sql:c1}', "a = %{sql:c3 | default('none')}", 'b = %{sql:c3 | upper}'],
  },
  'fields alone': {
    query: `SELECT password, c1, c3 ${FROM}`,
    fields: ['password = %{sql:password}', 'host = %{sql:c1}'],
    importAll: false,
  },
  'fields without a password': {
    query: `SELECT password, c1 ${FROM}`,
    fields: ['host = %{sql:c1}'],
    importAll: false,
    questions: FEW,
  },
  'fields of columns that are not there': {
    query: `SELECT password ${FROM}`,
    fields: ['host = %{sql:nosuch}'],
    questions: FEW,
  },
  suffixes: {
    query: `SELECT password, 'A' AS "a:default", 'B' AS "b:protected", c1 AS "c:remove" ${FROM}`,
    questions: FEW,
  },
  'a login user': { query: `SELECT password, 'y' AS noauthenticate ${FROM}`, questions: FEW },
  'an error goes on': {
    refused: true,
    query: `SELECT nosuch ${FROM}`,
    lines: ['result_internalfail = continue'],
    questions: FEW.slice(0, 2),
  },
  deny: { query: `SELECT NULL AS password ${FROM}`, lines: ['deny = yes'] },
};

const MYSQL: Readonly<Record<string, Written>> = {
  IF: {
    query: `SELECT password, IF(flag, 'y', NULL) AS proxy, IF(c1 = '', 'none', c1) AS host, IFNULL(c1, 'x') AS a ${FROM}`,
  },
  CONCAT: {
    query: `SELECT CONCAT('{PLAIN}', 'pw') AS password, CONCAT(c1, ':', port) AS a, CONCAT_WS('-', c1, c2, NULL) AS b ${FROM}`,
  },
  'parts of names': {
    query: `SELECT password, SUBSTRING_INDEX(name, '@', 1) AS destuser, SUBSTRING_INDEX(name, '@', -1) AS host, LOWER('%U') AS a ${FROM}`,
  },
  'a guess at a name': {
    query: "SELECT name AS user, password FROM users WHERE name LIKE '%N%%' ORDER BY name LIMIT 1",
  },
  REGEXP: { query: `SELECT password, name REGEXP '^[a-c]' AS a, MD5(name) AS b ${FROM} AND name REGEXP '.'` },
  truths: {
    query: `SELECT password, TRUE AS a, 1 = 1 AS b, NULL = 1 AS c, 5 DIV 2 AS d, 5 / 2 AS e, 'a' = 'A ' AS f ${FROM}`,
  },
  'no rows': { query: 'DO 1', questions: FEW.slice(0, 1) },
  collation: { query: "SELECT name AS user, password FROM users WHERE name = 'ANN '", questions: FEW },
  'the time': { query: `SELECT password, NOW() > '2020-01-01' AS a, DATE(seen) AS b ${FROM}` },
};

const PGSQL: Readonly<Record<string, Written>> = {
  concatenation: {
    query: `SELECT '{PLAIN}' || 'pw' AS password, c1 || ':' || port AS a, concat(c1, NULL, c2) AS b ${FROM}`,
  },
  'parts of names': {
    query: `SELECT password, split_part(name, '@', 1) AS destuser, split_part(name, '@', 2) AS host, lower('%U') AS a ${FROM}`,
  },
  casts: {
    query: `SELECT password, port::text AS a, rate::int AS b, active::text AS c, '1'::int + 1 AS d ${FROM}`,
  },
  truths: {
    query: `SELECT password, true AS a, 1 = 1 AS b, NULL::boolean AS c, 5 / 2 AS d, name ILIKE 'ANN' AS e ${FROM}`,
  },
  'a text as a number': {
    refused: true,
    query: "SELECT password FROM users WHERE port = '%U'",
    questions: FEW.slice(0, 2),
  },
  'nothing to divide by': {
    refused: true,
    query: `SELECT password, 1 / 0 AS a ${FROM}`,
    questions: FEW.slice(0, 1),
  },
  'an upper-case name': { query: `SELECT Password, C1 AS Host ${FROM}` },
  DISTINCT: { query: "SELECT DISTINCT password FROM twice WHERE name = '%U'", questions: FEW },
  'the time': { query: `SELECT password, now() > '2020-01-01' AS a, seen::date AS b ${FROM}` },
};

function ofOne(name: string, version: DovecotVersion, place: SqlPlace, id: string, words: Written): ChainSet {
  return setOf(name, [sqlPassdb(version, place, id, words)], words.questions ?? QUESTIONS);
}

const SECOND = 'ann:{PLAIN}second::::::seen=second\nnobody:{PLAIN}pw::::::seen=second host=192.0.2.200\n';

/** Sets written by hand; `ids` counts them. */
export function sqlSets(version: DovecotVersion, place: SqlPlace): ChainSet[] {
  const own = place.engine === 'mysql' ? MYSQL : PGSQL;
  const all: Readonly<Record<string, Written>> = { ...BOTH, ...own };
  // Connections are shared in 2.4: after a few refused statements one of PostgreSQL is not answered for minutes.
  const isAsked = ({ refused = false }: Written): boolean =>
    !refused || place.engine === 'mysql' || version === '2.3.19.1';
  const sets = Object.entries(all)
    .filter(([, words]) => isAsked(words))
    .map(([name, words], index) => ofOne(name, version, place, `h${index}`, words));
  const id = (part: string): string => `h${sets.length}${part}`;
  const questions: readonly SetQuestion[] = [
    ...QUESTIONS,
    { user: 'ann', password: 'second' },
    { user: 'nobody', password: 'wrong' },
  ];
  for (const rule of ['continue', 'continue-ok', 'continue-fail'])
    sets.push(
      setOf(
        `first success ${rule}, then a file`,
        [
          sqlPassdb(version, place, id('a'), {
            query: `SELECT password, c1 AS host, c3 AS a ${FROM}`,
            lines: [`result_success = ${rule}`],
          }),
          filePassdb(version, id('b'), SECOND),
        ],
        questions,
      ),
    );
  sets.push(
    setOf(
      'a file, then the database',
      [
        filePassdb(version, id('a'), SECOND, ['result_failure = continue']),
        sqlPassdb(version, place, id('b'), { query: `SELECT password, c1 AS host ${FROM}` }),
      ],
      questions,
    ),
  );
  sets.push(
    setOf(
      'two databases',
      [
        sqlPassdb(version, place, id('a'), {
          query: `SELECT password, c1 AS a ${FROM}`,
          lines: ['result_success = continue-ok'],
        }),
        sqlPassdb(version, place, id('b'), {
          query: "SELECT NULL AS password, 'y' AS nopassword, host FROM domains WHERE domain = '%D'",
          lines: ['skip = unauthenticated'],
        }),
      ],
      questions,
    ),
  );
  return sets;
}
